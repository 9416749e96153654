package dev.holdfast.testkit.postgres;

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

/**
 * Starts PostgreSQL in a container of the official image, or of any that has a shell, a user {@code postgres}, and the
 * programs on the PATH or where Debian puts them.
 */
final class ContainerPostgres {

    private static final String IMAGE_PROPERTY = "holdfast.postgres.image";
    private static final String DEFAULT_IMAGE = "postgres:17-alpine";
    private static final int PORT = 5432;

    /** The data do not lie in a volume, and end with the container. */
    private static final String SCRIPT = """
            PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"
            if [ ! -e /tmp/data/PG_VERSION ]; then
                printf %s "$PASSWORD" > /tmp/password
                initdb --pgdata=/tmp/data --username="$USERNAME" --pwfile=/tmp/password --auth=scram-sha-256 \\
                    --encoding=UTF8 --locale=C --lc-ctype=C.UTF-8 --no-sync > /tmp/initdb.log || { cat /tmp/initdb.log; exit 1; }
                echo 'host all all all scram-sha-256' >> /tmp/data/pg_hba.conf
            fi
            rm -f /tmp/data/postmaster.pid
            exec postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories= "$@"
            """;

    private ContainerPostgres() {}

    static PostgresServer start(Map<String, String> settings) {
        ContainerEngine.require();
        Map<String, String> all = new LinkedHashMap<>(EmbeddedPostgres.DEFAULTS);
        all.putAll(settings);
        List<String> arguments = new ArrayList<>();
        all.forEach((name, value) -> arguments.addAll(List.of("-c", name + "=" + value)));
        ContainerServer container = ContainerServer.builder(
                        TestkitProperty.get(IMAGE_PROPERTY).orElse(DEFAULT_IMAGE), PORT)
                .user("postgres")
                .environment("USERNAME", EmbeddedPostgres.USER)
                .environment("PASSWORD", EmbeddedPostgres.PASSWORD)
                .entrypoint(List.of("/bin/sh", "-c", SCRIPT, "testkit"))
                .arguments(arguments)
                .readyWhen(ContainerPostgres::answers)
                .build();
        try {
            PostgresServer server = server(container);
            server.start();
            return server;
        } catch (RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private static PostgresServer server(ContainerServer container) {
        return new PostgresServer(
                new SqlAddress(
                        SqlAddress.Kind.POSTGRESQL,
                        container.host(),
                        container.port(),
                        EmbeddedPostgres.DATABASE,
                        EmbeddedPostgres.USER,
                        EmbeddedPostgres.PASSWORD),
                container);
    }

    private static boolean answers(ContainerServer container) throws SQLException {
        try (Connection connection = server(container).connection()) {
            return connection.isValid(1);
        }
    }
}
