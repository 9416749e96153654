package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Whoever sleeps exactly as long as it was told is admitted, always, by the clock of a real server. */
class SleeperTest {
    private static void sleepers(int denyCache, Limit limit) throws Exception {
        try (RedisServer redis = RedisServers.standalone();
                RedisLink link = RedisLink.connect(redis.uri());
                RateLimiter limiter = RateLimiter.builder("s")
                        .redis(link)
                        .timeout(Duration.ofSeconds(20))
                        .denyCache(denyCache)
                        .plan("p", Plan.of(limit))
                        .build()) {
            assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
            Subject subject = Subject.user("sleeper");
            for (int i = 0; i < 100; i++) {
                Decision decision = limiter.tryAcquire(subject, "p");
                for (int again = 0; again < 3 && !decision.allowed(); again++) {
                    decision = limiter.tryAcquire(subject, "p");
                }
                if (!decision.allowed()) {
                    TimeUnit.NANOSECONDS.sleep(
                            decision.retryAfter().orElseThrow().toNanos());
                    Decision due = limiter.tryAcquire(subject, "p");
                    assertThat(due.allowed())
                            .as("after " + decision + ": " + due)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void askingRedisEachTime() throws Exception {
        sleepers(0, Limit.of(7, Duration.ofMillis(50)).burst(2));
    }

    @Test
    void answeredByTheDenyCache() throws Exception {
        sleepers(1_000, Limit.of(7, Duration.ofMillis(50)).burst(2));
    }

    @Test
    void inASlidingWindow() throws Exception {
        sleepers(1_000, Limit.slidingWindow(5, Duration.ofMillis(50)));
    }
}
