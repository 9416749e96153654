package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisServers;
import java.util.Optional;

/** Gives {@link RedisCluster} parameters to {@link Servers}; embedded only. */
public final class RedisClusterFixture implements ServerFixture<RedisCluster> {

    /** Called by {@link java.util.ServiceLoader}. */
    public RedisClusterFixture() {}

    @Override
    public Class<RedisCluster> type() {
        return RedisCluster.class;
    }

    @Override
    public RedisCluster start(Shared shared) {
        return RedisServers.cluster();
    }

    @Override
    public void reset(RedisCluster server) {
        server.reset();
    }

    @Override
    public Optional<String> unsupported(ServerSource source) {
        return source == ServerSource.EMBEDDED
                ? Optional.empty()
                : Optional.of(
                        "Redis Cluster is only there with " + ServerSource.PROPERTY + "=" + ServerSource.EMBEDDED);
    }
}
