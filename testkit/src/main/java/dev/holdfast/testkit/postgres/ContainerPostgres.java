package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.container.ContainerServer;
import dev.holdfast.testkit.process.TestkitProperty;
import dev.holdfast.testkit.sql.SqlAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Starts PostgreSQL in a container of the official image, or of one that understands its variables. */
final class ContainerPostgres {

    private static final String IMAGE_PROPERTY = "holdfast.postgres.image";
    private static final String DEFAULT_IMAGE = "postgres:17-alpine";
    private static final int PORT = 5432;

    private ContainerPostgres() {}

    static PostgresServer start(Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(EmbeddedPostgres.DEFAULTS);
        all.putAll(settings);
        List<String> arguments = new ArrayList<>(List.of("postgres"));
        all.forEach((name, value) -> arguments.addAll(List.of("-c", name + "=" + value)));
        ContainerServer container = ContainerServer.builder(
                        TestkitProperty.get(IMAGE_PROPERTY).orElse(DEFAULT_IMAGE), PORT)
                .environment("POSTGRES_USER", EmbeddedPostgres.USER)
                .environment("POSTGRES_PASSWORD", EmbeddedPostgres.PASSWORD)
                .environment("POSTGRES_DB", EmbeddedPostgres.DATABASE)
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
