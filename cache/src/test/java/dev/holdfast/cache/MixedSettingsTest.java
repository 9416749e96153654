package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Nodes whose values live differently long, as in the middle of a deployment that changes the time to live. */
class MixedSettingsTest {
    private final Source source = new Source();

    private Node node(RedisServer redis, Duration timeToLive) {
        return new Node(
                        redis.uri(),
                        source,
                        builder -> builder.timeToLive(timeToLive)
                                .leaseTime(Duration.ofSeconds(2))
                                .replayWindow(Duration.ofSeconds(2))
                                .tags(value -> Set.of("t")))
                .awaitInStep();
    }

    @Test
    void barrierOfATag_forgottenByANodeOfShortLives_bringsNoValueOfALongLifeBack() {
        try (RedisServer redis = RedisServers.standalone();
                Node shorter = node(redis, Duration.ofMillis(500));
                Node longer = node(redis, Duration.ofHours(1))) {
            longer.cache.getAll(List.of(1L, 2L));
            await().until(() -> longer.cache.stats().fills() == 2);
            source.commit(1);
            source.commit(2);
            shorter.cache.invalidateTag("t");

            await().atMost(20, TimeUnit.SECONDS).until(() -> {
                shorter.cache.invalidate(9L);
                return redis.command("ZSCORE", "{hf:fleet}:ctl", "t:t").isNull();
            });
            try (Node restarted = node(redis, Duration.ofHours(1))) {
                assertThat(restarted.get(1)).isEqualTo("k1 v1");
            }
            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> shorter.cache.coherence().barriers().size() == 0);
            assertThat(shorter.get(2)).isEqualTo("k2 v1");
        }
    }
}
