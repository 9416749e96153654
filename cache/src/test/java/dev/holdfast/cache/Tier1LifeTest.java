package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How long tier 1 keeps what it got from tier 2. */
class Tier1LifeTest {
    @Test
    void valueFromTier2_thatTookLongToStore_endsWithTier2AllTheSame() throws Exception {
        Source source = new Source();
        try (RedisServer redis = RedisServers.standalone();
                Node brief = new Node(
                                redis.uri(),
                                source,
                                builder -> builder.timeToLive(Duration.ofSeconds(3))
                                        .jitter(0))
                        .awaitInStep();
                Node late = new Node(redis.uri(), source).awaitInStep()) {
            brief.get(7);
            await().until(() -> brief.cache.stats().fills() == 1);
            try (Pauses.Hold decoded = late.pauses.hold(Step.TIER2_VALIDATED)) {
                CompletableFuture<String> read = late.getInBackground(7);
                decoded.awaitReached();
                await().until(() -> redis.command("EXISTS", "hf:fleet:v1:{7}").number() == 0);
                decoded.release();
                assertThat(Node.finish(read)).isEqualTo("k7 v0");
            }
            source.commit(7);
            assertThat(late.get(7)).isEqualTo("k7 v1");
        }
    }
}
