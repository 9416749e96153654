package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.process.ExternalServer;
import dev.holdfast.testkit.sql.SqlAddress;
import java.util.Map;

/** Starts servers from the source chosen for this JVM. */
final class MariaDbSources {

    static final String URL = "holdfast.mariadb.url";

    private MariaDbSources() {}

    static MariaDbServer single(Map<String, String> settings) {
        return switch (ServerSource.current()) {
            case EMBEDDED -> EmbeddedMariaDb.start(settings);
            case CONTAINERS -> ContainerMariaDb.start(settings);
            case EXTERNAL -> external(settings);
        };
    }

    private static MariaDbServer external(Map<String, String> settings) {
        if (!settings.isEmpty()) {
            throw new UnsupportedServerException("a server with the settings " + settings + " cannot be had with "
                    + ServerSource.PROPERTY + "=" + ServerSource.EXTERNAL);
        }
        SqlAddress address = SqlAddress.external(SqlAddress.Kind.MARIADB, URL);
        return new MariaDbServer(address, new ExternalServer(address.toString()));
    }
}
