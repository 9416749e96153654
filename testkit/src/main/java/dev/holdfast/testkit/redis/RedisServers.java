package dev.holdfast.testkit.redis;

/**
 * Starts Redis servers for tests.
 *
 * <pre>{@code
 * try (RedisServer redis = RedisServers.standalone()) {
 *     var client = RedisClient.create(redis.uri());
 *     redis.pause();      // accepts connections, answers nothing
 *     redis.resume();
 *     redis.kill();       // as kill -9 does
 *     redis.start();      // on the same port
 * }
 * }</pre>
 *
 * <p>The source is chosen by {@link dev.holdfast.testkit.ServerSource}. Servers listen on 127.0.0.1, store nothing unless
 * told to, and never outlive this JVM.
 */
public final class RedisServers {

    private RedisServers() {}

    /**
     * Starts one server without password, and waits until it answers.
     *
     * @return the server; the caller closes it
     * @throws dev.holdfast.testkit.ServerException if it does not start; the message names the remedy or has its output
     */
    public static RedisServer standalone() {
        return RedisServer.builder().start();
    }

    /**
     * Starts a primary, two replicas and three sentinels, and waits until all of them know each other.
     *
     * @return the group; the caller closes it
     * @throws dev.holdfast.testkit.UnsupportedServerException if servers do not come from
     *     {@link dev.holdfast.testkit.ServerSource#EMBEDDED}
     * @throws dev.holdfast.testkit.ServerException if it does not come up
     */
    public static RedisSentinel sentinel() {
        return RedisSentinel.builder().start();
    }

    /**
     * Starts a cluster of three primaries with one replica each, and waits until it serves all slots and all replicas are
     * attached.
     *
     * @return the cluster; the caller closes it
     * @throws dev.holdfast.testkit.UnsupportedServerException if servers do not come from
     *     {@link dev.holdfast.testkit.ServerSource#EMBEDDED}
     * @throws dev.holdfast.testkit.ServerException if it does not come up
     */
    public static RedisCluster cluster() {
        return RedisCluster.builder().start();
    }
}
