package dev.holdfast.core.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands behind a link: one primary, or a cluster of them. Brings the link up and down. Thread-safe. */
interface Backend {
    /** Begins to connect. */
    void start();

    /** Too many operations timed out. */
    void frozen(String reason);

    /** An operation timed out: time to look. Called often while a server is frozen, so it must be cheap. */
    void timedOut();

    /** A server answered that it is not the one to write to, to an operation that began under this status. */
    void wrongServer(LinkStatus status, String reason);

    /** Nanoseconds the latest probe took; 0 before the first. */
    long pingNanos();

    /** Primaries that own slots and are not connected, while others are; published. */
    default Collection<HostPort> unreachable() {
        return List.of();
    }

    /** The owners of slots, connected or not; null where there is but one server, whose address may change. */
    default @Nullable Collection<HostPort> primaries() {
        return null;
    }

    /** Commands for one of several primaries; null while it is not connected. */
    default @Nullable RedisClusterAsyncCommands<byte[], byte[]> commandsOf(HostPort primary) {
        return null;
    }

    /** Where subscriptions go. */
    PrimarySource subscriptionSource();

    /** Closes its connections; runs on the link thread. */
    void close();
}
