package dev.holdfast.core.redis;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One of the servers that hold the data: the server of a link, or one primary of a cluster.
 *
 * <p>For commands that name no key, such as SCAN or INFO, which concern one server and mean nothing when a cluster's router
 * picks one for them. In a cluster it stands for an address: while no primary is connected there, be it down, demoted or
 * removed, operations are refused, and are never sent to its successor. Commands with keys work for keys of its own slots
 * only; send them through the link, which knows where they belong.
 *
 * <p>Thread-safe; holds nothing, and may be kept for as long as the link is open.
 *
 * @see RedisLink#primaries()
 */
public interface RedisPrimary {
    /**
     * Which one it is, for messages.
     *
     * @return in a cluster {@code host:port}; free of secrets
     */
    String name();

    /**
     * Runs an operation on this server and waits for it, as {@link RedisLink#call} does. All of its commands go through one
     * connection.
     *
     * @param deadline how long the whole operation may take
     * @param operation what to do
     * @param <T> what it yields
     * @return its result, null where Redis answers nil
     * @throws RedisUnavailableException at once, if the link is not up or this primary is not connected: nothing was sent
     * @throws RedisTimeoutException if the deadline passed: possibly executed
     * @throws RedisException if the server answered an error, the connection broke before it answered, or the thread was
     *     interrupted (its interrupt status stays set)
     * @throws IllegalStateException on an I/O thread of a link, where it would wait for itself
     */
    <T> @Nullable T call(Duration deadline, RedisOperation<T> operation);
}
