package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.process.ExternalServer;
import dev.holdfast.testkit.process.TestkitProperty;

/** Starts servers from the source chosen for this JVM. */
final class RedisSources {

    static final String URL = "holdfast.redis.url";

    private RedisSources() {}

    static RedisServer standalone(RedisSettings settings) {
        return switch (ServerSource.current()) {
            case EMBEDDED -> EmbeddedRedis.start("redis", settings);
            case CONTAINERS -> ContainerRedis.start(settings);
            case EXTERNAL -> external(settings);
        };
    }

    private static RedisServer external(RedisSettings settings) {
        if (!settings.isPlain()) {
            throw new UnsupportedServerException("a Redis server with settings of its own cannot be had with "
                    + ServerSource.PROPERTY + "=" + ServerSource.EXTERNAL);
        }
        String url = TestkitProperty.get(URL)
                .orElseThrow(() -> new ServerException(ServerSource.PROPERTY + "=" + ServerSource.EXTERNAL + " needs "
                        + URL + " or " + TestkitProperty.variable(URL) + ", for example redis://localhost:6379"));
        RedisAddress address = RedisAddress.parse(URL, url);
        return new RedisServer(address, settings, new ExternalServer("Redis at " + address), new Snapshots() {
            @Override
            public void forget() {
                // Its data is its owner's.
            }

            @Override
            public void keep() {
                // It is not restarted.
            }
        });
    }
}
