package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;

/** Gives {@link RedisServer} parameters to {@link Servers}. */
public final class RedisServerFixture implements ServerFixture<RedisServer> {

    /** Called by {@link java.util.ServiceLoader}. */
    public RedisServerFixture() {}

    @Override
    public Class<RedisServer> type() {
        return RedisServer.class;
    }

    @Override
    public RedisServer start(Shared shared) {
        return RedisServers.standalone();
    }

    @Override
    public void reset(RedisServer server) {
        server.reset();
    }
}
