package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServers;
import java.util.Optional;

/** Gives {@link RedisSentinel} parameters to {@link Servers}; embedded only. */
public final class RedisSentinelFixture implements ServerFixture<RedisSentinel> {

    /** Called by {@link java.util.ServiceLoader}. */
    public RedisSentinelFixture() {}

    @Override
    public Class<RedisSentinel> type() {
        return RedisSentinel.class;
    }

    @Override
    public RedisSentinel start(Shared shared) {
        return RedisServers.sentinel();
    }

    @Override
    public void reset(RedisSentinel server) {
        server.reset();
    }

    @Override
    public Optional<String> unsupported(ServerSource source) {
        return source == ServerSource.EMBEDDED
                ? Optional.empty()
                : Optional.of(
                        "Redis Sentinel is only there with " + ServerSource.PROPERTY + "=" + ServerSource.EMBEDDED);
    }
}
