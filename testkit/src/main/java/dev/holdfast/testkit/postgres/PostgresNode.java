package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.UnsupportedServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One of two servers that replicate.
 *
 * @param server the server
 * @param data where it keeps its data; null if that is unknown, as it is for external servers
 */
record PostgresNode(PostgresServer server, @Nullable Path data) {

    /** Makes the server follow another one from its next start on. */
    void follow(PostgresServer primary) {
        if (data == null) {
            throw new UnsupportedServerException(server + " cannot be made a replica: it is not the testkit's");
        }
        String connection = "host=" + primary.host() + " port=" + primary.port() + " user=" + primary.user()
                + " password=" + primary.password() + " application_name=testkit_replica";
        try {
            // Later lines win, so that this may be done again for another primary.
            Files.writeString(
                    data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = '" + connection + "'\nwal_retrieve_retry_interval = 100ms\n",
                    StandardOpenOption.APPEND);
            Files.writeString(data.resolve("standby.signal"), "");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot configure " + server + " as a standby", e);
        }
    }
}
