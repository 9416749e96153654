package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.container.ContainerServer;
import dev.holdfast.testkit.process.TestkitProperty;
import dev.holdfast.testkit.sql.SqlAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Starts MariaDB in a container of the official image, or of one that understands its variables. */
final class ContainerMariaDb {

    private static final String IMAGE_PROPERTY = "holdfast.mariadb.image";
    private static final String DEFAULT_IMAGE = "mariadb:11.4";
    private static final String ADMINISTRATOR = "root";
    private static final int PORT = 3306;

    private ContainerMariaDb() {}

    static MariaDbServer start(Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(EmbeddedMariaDb.DEFAULTS);
        all.putAll(settings);
        List<String> arguments = new ArrayList<>(List.of("mariadbd"));
        all.forEach((name, value) -> arguments.add("--" + name + "=" + value));
        ContainerServer container = ContainerServer.builder(
                        TestkitProperty.get(IMAGE_PROPERTY).orElse(DEFAULT_IMAGE), PORT)
                .environment("MARIADB_ROOT_PASSWORD", EmbeddedMariaDb.PASSWORD)
                .environment("MARIADB_DATABASE", EmbeddedMariaDb.DATABASE)
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
                        ADMINISTRATOR,
                        EmbeddedMariaDb.PASSWORD),
                container);
    }

    private static boolean answers(ContainerServer container) throws SQLException {
        try (Connection connection = server(container).connection()) {
            return connection.isValid(1);
        }
    }
}
