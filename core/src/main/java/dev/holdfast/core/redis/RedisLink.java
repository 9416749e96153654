package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.health.HealthProbe;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The one door to Redis: standalone, Sentinel or Cluster, plain or TLS, that never hangs and heals by itself.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li>Starting never fails because Redis is away. The link starts without it, says so once, and connects in the
 *       background with exponential backoff and jitter.
 *   <li>Every operation ends within its deadline. While the link is not {@link LinkState#UP} operations are refused at
 *       once; nothing is queued for later.
 *   <li>A command is sent at most once. What was sent and not answered counts as possibly executed and is never sent
 *       again; only what a server said it did not run is sent a second time: a script that it does not know, and in a
 *       cluster a command for a slot that is elsewhere.
 *   <li>A frozen server (accepts, never answers) costs a bounded number of slow calls; then a circuit breaker refuses
 *       operations within microseconds while the link probes in the background, and drops the connection, so that
 *       nothing written to it later can land on a stale primary. What was sent before that counts as possibly executed:
 *       a server executes it when it goes on, even if the connection is gone. Of a cluster, only the frozen primary's
 *       slots are refused, as soon as it left a probe unanswered.
 *   <li>No password reaches a log, an exception or {@link Object#toString()}.
 * </ul>
 *
 * <p>Thread-safe. Share one link per Redis among all caches and limiters of an application.
 */
public interface RedisLink extends AutoCloseable {

    /**
     * Starts configuring a link.
     *
     * @param uri {@code redis://[user[:password]@]host[:port][/db]}, {@code rediss://…} for TLS,
     *     {@code redis-sentinel://[user[:password]@]host1[:port1],host2…/[db]#primaryName}, {@code rediss-sentinel://…},
     *     {@code redis-cluster://[user[:password]@]host1[:port1],host2…} or {@code rediss-cluster://…}
     * @return a builder; nothing is checked before {@link RedisLinkBuilder#connect()}
     */
    static RedisLinkBuilder builder(String uri) {
        return new RedisLinkBuilder(uri);
    }

    /**
     * Opens a link with default settings.
     *
     * @param uri as {@link #builder(String)} takes it
     * @return the link, usually still {@link LinkState#CONNECTING}
     * @throws dev.holdfast.core.ConfigurationException if the URI cannot be used
     */
    static RedisLink connect(String uri) {
        return builder(uri).connect();
    }

    /**
     * The explicit absence of Redis: every module then works on this node alone.
     *
     * @return a link that is always {@link LinkState#DISABLED} and refuses every operation
     */
    static RedisLink disabled() {
        return DisabledRedisLink.INSTANCE;
    }

    /**
     * How the servers are arranged.
     *
     * @return the mode, which never changes
     */
    RedisMode mode();

    /**
     * Where the link stands now.
     *
     * @return the state; one volatile read
     */
    LinkState state();

    /**
     * Number of the current connection and topology. It grows with every connect, reconnect, failover and resharding
     * that the link noticed, so whoever reads it before and after knows whether anything happened between. In a cluster
     * that is so for any of its primaries.
     *
     * @return the number; 0 before the first connection; one volatile read
     */
    long generation();

    /**
     * Why the server refuses us, if it does: a wrong password, an untrusted certificate, a wrong role.
     *
     * @return the problem, or empty if the server is not refusing
     */
    Optional<Problem> refusal();

    /**
     * The default deadline of an operation.
     *
     * @return as configured; 3 s by default
     */
    Duration commandTimeout();

    /**
     * Waits until the link is up. Nothing needs this to be correct; tools and tests do, which cannot work without Redis.
     *
     * @param timeout how long to wait at most
     * @return whether the link is up; false at once if it is closed or disabled, or the thread is interrupted (its
     *     interrupt status stays set)
     */
    boolean awaitUp(Duration timeout);

    /**
     * Runs an operation and waits for it. May be called from virtual threads, which it does not pin.
     *
     * @param deadline how long the whole operation may take
     * @param operation what to do
     * @param <T> what it yields
     * @return its result, null where Redis answers nil
     * @throws RedisUnavailableException at once, if the link is not up: nothing was sent
     * @throws RedisTimeoutException if the deadline passed: possibly executed
     * @throws RedisException if the server answered an error, the connection broke before it answered, or the thread was
     *     interrupted (its interrupt status stays set)
     * @throws IllegalStateException on an I/O thread of a link, where it would wait for itself
     */
    <T> @Nullable T call(Duration deadline, RedisOperation<T> operation);

    /**
     * Runs an operation.
     *
     * @param deadline how long the whole operation may take
     * @param operation what to do
     * @param <T> what it yields
     * @return completes within the deadline, with the result or with the exceptions that {@link #call} throws; never
     *     throws itself. Dependents must not block: they may run on an I/O thread
     */
    <T> CompletableFuture<T> callAsync(Duration deadline, RedisOperation<T> operation);

    /**
     * The servers that hold the data now, for work that concerns each of them: walking through all keys, say.
     *
     * <p>In a cluster these are the owners of slots as this link last heard, connected or not; slots may move between them
     * at any time. Otherwise it is the one server of the link, whichever that is when it is called.
     *
     * @return the servers in no particular order; empty if the link is disabled, or has not heard from its cluster yet
     * @throws UnsupportedOperationException if a wrapper around the link of a cluster does not pass this on
     */
    default List<RedisPrimary> primaries() {
        RedisLink link = this;
        if (mode() == RedisMode.CLUSTER) {
            throw new UnsupportedOperationException(
                    getClass().getName() + " does not know the primaries of its cluster");
        }
        return List.of(new RedisPrimary() {
            @Override
            public String name() {
                return link.toString();
            }

            @Override
            public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
                return link.call(deadline, operation);
            }
        });
    }

    /**
     * Subscribes to a channel, now and after every interruption, on a connection that all subscriptions share.
     *
     * <p>Also works before the link is up: the subscription comes into force when the server does. A silent connection is
     * probed, so that one which was cut without a word is noticed and replaced.
     *
     * @param channel the channel
     * @param listener told of messages and of gaps
     * @return closes the subscription
     */
    Registration subscribe(byte[] channel, SubscriptionListener listener);

    /**
     * Adds a listener to state and generation changes. It is told of changes from now on.
     *
     * @param listener the listener
     * @return removes the listener
     */
    Registration addListener(LinkListener listener);

    /**
     * A probe with the link's name: state, generation, latency of the last ping, refusal. Degraded while a cluster is up
     * without all of its primaries.
     *
     * @return the probe, for the health module or any scheduler
     */
    HealthProbe healthProbe();

    /**
     * Metrics of the link, under {@code holdfast.redis.*} with its name as tag {@code link}, and of its circuit breaker under Resilience4j's names.
     *
     * @return binds to any number of registries
     */
    MeterBinder metrics();

    /** Closes all connections and threads; operations under way fail. Idempotent; returns within a few seconds. */
    @Override
    void close();
}
