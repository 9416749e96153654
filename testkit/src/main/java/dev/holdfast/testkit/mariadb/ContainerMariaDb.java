package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.container.ContainerEngine;
import dev.holdfast.testkit.container.ContainerServer;
import dev.holdfast.testkit.process.TestkitProperty;
import dev.holdfast.testkit.sql.SqlAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Starts MariaDB in a container of the official image, or of any that has a shell, a user {@code mysql} and the programs. */
final class ContainerMariaDb {

    private static final String IMAGE_PROPERTY = "holdfast.mariadb.image";
    private static final String DEFAULT_IMAGE = "mariadb:11.4";
    private static final int PORT = 3306;

    /** The data do not lie in a volume, and end with the container. */
    private static final String SCRIPT = """
            if [ ! -d /tmp/data/mysql ]; then
                mkdir -p /tmp/data
                mariadb-install-db --no-defaults --datadir=/tmp/data --auth-root-authentication-method=normal \\
                    --skip-test-db > /tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
                {
                    echo "CREATE DATABASE IF NOT EXISTS $DATABASE;"
                    echo "CREATE USER IF NOT EXISTS '$USERNAME'@'%' IDENTIFIED BY '$PASSWORD';"
                    echo "GRANT ALL ON *.* TO '$USERNAME'@'%' WITH GRANT OPTION;"
                } > /tmp/init.sql
            fi
            exec mariadbd --no-defaults --datadir=/tmp/data --bind-address=0.0.0.0 --socket= --pid-file=/tmp/pid \\
                --init-file=/tmp/init.sql --skip-name-resolve "$@"
            """;

    private ContainerMariaDb() {}

    static MariaDbServer start(Map<String, String> settings) {
        ContainerEngine.require();
        Map<String, String> all = new LinkedHashMap<>(EmbeddedMariaDb.DEFAULTS);
        all.putAll(settings);
        List<String> arguments = new ArrayList<>();
        all.forEach((name, value) -> arguments.add("--" + name + "=" + value));
        ContainerServer container = ContainerServer.builder(
                        TestkitProperty.get(IMAGE_PROPERTY).orElse(DEFAULT_IMAGE), PORT)
                .user("mysql")
                .environment("DATABASE", EmbeddedMariaDb.DATABASE)
                .environment("USERNAME", EmbeddedMariaDb.USER)
                .environment("PASSWORD", EmbeddedMariaDb.PASSWORD)
                .entrypoint(List.of("/bin/sh", "-c", SCRIPT, "testkit"))
                .arguments(arguments)
                .readyWhen(ContainerMariaDb::answers)
                .build();
        try {
            MariaDbServer server = server(container);
            server.start();
            return server;
        } catch (RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private static MariaDbServer server(ContainerServer container) {
        return new MariaDbServer(
                new SqlAddress(
                        SqlAddress.Kind.MARIADB,
                        container.host(),
                        container.port(),
                        EmbeddedMariaDb.DATABASE,
                        EmbeddedMariaDb.USER,
                        EmbeddedMariaDb.PASSWORD),
                container);
    }

    private static boolean answers(ContainerServer container) throws SQLException {
        try (Connection connection = server(container).connection()) {
            return connection.isValid(1);
        }
    }
}
