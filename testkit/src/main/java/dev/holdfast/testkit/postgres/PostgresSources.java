package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.process.ExternalServer;
import dev.holdfast.testkit.sql.SqlAddress;
import java.util.Map;

/** Starts servers from the source chosen for this JVM. */
final class PostgresSources {

    static final String URL = "holdfast.postgres.url";
    static final String REPLICA_URL = "holdfast.postgres.replica.url";

    private PostgresSources() {}

    static PostgresServer single(Map<String, String> settings) {
        return switch (ServerSource.current()) {
            case EMBEDDED -> EmbeddedPostgres.start(settings).server();
            case CONTAINERS -> ContainerPostgres.start(settings);
            case EXTERNAL -> external(URL, settings);
        };
    }

    static PostgresReplicated withReplica(Map<String, String> settings) {
        return switch (ServerSource.current()) {
            case EMBEDDED -> PostgresReplicated.start(settings);
            case CONTAINERS ->
                throw new UnsupportedServerException("containers hold single servers only; a replica needs "
                        + ServerSource.PROPERTY + "=" + ServerSource.EMBEDDED);
            case EXTERNAL -> PostgresReplicated.of(external(URL, settings), external(REPLICA_URL, settings));
        };
    }

    private static PostgresServer external(String property, Map<String, String> settings) {
        if (!settings.isEmpty()) {
            throw new UnsupportedServerException("a server with the settings " + settings + " cannot be had with "
                    + ServerSource.PROPERTY + "=" + ServerSource.EXTERNAL);
        }
        SqlAddress address = SqlAddress.external(SqlAddress.Kind.POSTGRESQL, property);
        return new PostgresServer(address, new ExternalServer(address.toString()));
    }
}
