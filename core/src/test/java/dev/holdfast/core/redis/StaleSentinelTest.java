package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A sentinel that lives in the past: cut off from the others, it names a primary of an older epoch. */
@Tag("fault")
class StaleSentinelTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] WHO = "who".getBytes(UTF_8);

    @Test
    void last_sentinel_left_does_not_lead_the_link_back_to_an_older_primary() {
        // Sentinels of another group, whose epoch is 0, are what a cut-off sentinel looks like after a failover.
        try (RedisSentinel current = RedisServers.sentinel();
                RedisSentinel stale = RedisServers.sentinel()) {
            current.killPrimary();
            RedisServer promoted = current.awaitPromotion();
            promoted.command("SET", "who", "current");
            stale.primary().command("SET", "who", "stale");
            RedisServer old = stale.sentinels().get(0);
            try (RedisLink link = RedisLink.connect(current.uri()
                    .replace("redis-sentinel://", "redis-sentinel://" + old.host() + ":" + old.port() + ","))) {
                assertThat(link.awaitUp(SOON.multipliedBy(2))).isTrue();
                await().atMost(SOON).until(() -> "current".equals(who(link)));

                current.sentinels().forEach(RedisServer::kill);

                await().during(Duration.ofSeconds(3)).atMost(SOON).until(() -> "current".equals(who(link)));
            }
        }
    }

    private static String who(RedisLink link) {
        try {
            byte[] answer = link.call(Duration.ofSeconds(1), c -> c.get(WHO));
            return answer == null ? "nobody" : new String(answer, UTF_8);
        } catch (RedisException e) {
            return e.toString();
        }
    }
}
