package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Node B is cut off from Redis while node A goes on. */
@Tag("fault")
class PartitionTest extends SharedRedis {
    private static final List<Long> KEYS = LongStream.range(0, 2_000).boxed().toList();
    private static final List<Long> CHANGED = KEYS.subList(0, 1_000);
    private static final List<Long> UNTOUCHED = KEYS.subList(1_000, 2_000);

    private final FaultProxy proxy = FaultProxy.to(redis.host(), redis.port());
    private Node a;
    private Node b;

    @BeforeEach
    void startNodes() {
        a = new Node(redis.uri(), source).awaitInStep();
        RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .commandTimeout(Duration.ofMillis(300))
                .connect();
        b = new Node(link, source, builder -> builder).awaitInStep();
        for (int from = 0; from < KEYS.size(); from += 100) { // small pipelines, for a machine that is busy
            a.cache.getAll(KEYS.subList(from, from + 100));
        }
        await().until(() -> a.cache.stats().fills() == KEYS.size());
        b.cache.getAll(KEYS);
    }

    @AfterEach
    void stopNodes() {
        a.close();
        b.close();
        proxy.close();
    }

    private void changeAThousandKeys() {
        CHANGED.forEach(source::commit);
        a.cache.invalidateAll(CHANGED);
    }

    private void assertOnlyTheChangedKeysWereDropped() {
        long reads = source.reads();
        assertThat(b.cache.getAll(UNTOUCHED)).hasSize(UNTOUCHED.size());
        assertThat(source.reads()).as("untouched keys are still held").isEqualTo(reads);
        assertThat(b.cache.getAll(CHANGED))
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key)));
    }

    @Test
    void node_cutOffAndBack_holdsNoOldValueAndStillHoldsWhatWasNotTouched() {
        proxy.cutAndReset();
        await().until(() -> b.link.state() == LinkState.DOWN);
        changeAThousandKeys();
        assertThat(b.get(0)).as("cut off, within maxStale").isEqualTo("k0 v0");
        proxy.heal();
        await().atMost(5, TimeUnit.SECONDS).until(b.cache::tier2Open);
        assertOnlyTheChangedKeysWereDropped();
    }

    @Test
    void node_whosePacketsVanish_noticesAndRepairs() {
        proxy.cut();
        changeAThousandKeys();
        await().atMost(10, TimeUnit.SECONDS).until(() -> b.link.state() == LinkState.DOWN);
        proxy.heal();
        await().atMost(10, TimeUnit.SECONDS).until(b.cache::tier2Open);
        assertOnlyTheChangedKeysWereDropped();
    }

    @Test
    void node_thatHearsNothingButCanSpeak_noticesAndRepairs() {
        proxy.cutServerToClient();
        changeAThousandKeys();
        await().atMost(10, TimeUnit.SECONDS).until(() -> b.link.state() == LinkState.DOWN);
        proxy.heal();
        await().atMost(10, TimeUnit.SECONDS).until(b.cache::tier2Open);
        assertOnlyTheChangedKeysWereDropped();
    }

    @Test
    void node_awayLongerThanTheReplayWindow_startsWithAnEmptyTier1() {
        Node brief = new Node(
                        RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                                .commandTimeout(Duration.ofMillis(300))
                                .connect(),
                        source,
                        builder -> builder.leaseTime(Duration.ofMillis(100)).replayWindow(Duration.ofMillis(200)))
                .awaitInStep();
        Node writer = new Node(
                        redis.uri(),
                        source,
                        builder -> builder.leaseTime(Duration.ofMillis(100)).replayWindow(Duration.ofMillis(200)))
                .awaitInStep();
        try (brief;
                writer) {
            brief.get(1_500);
            brief.get(1);
            proxy.cutAndReset();
            await().until(() -> brief.link.state() == LinkState.DOWN);
            source.commit(1);
            writer.cache.invalidate(1L);
            await().until(() -> {
                writer.cache.invalidate(2L); // each mint also forgets barriers beyond the window
                return redis.command("ZSCORE", "{hf:fleet}:ctl", "k:1").isNull();
            });
            proxy.heal();
            await().atMost(10, TimeUnit.SECONDS).until(brief.cache::tier2Open);
            assertThat(brief.cache.stats().tier1Size()).isZero();
            assertThat(brief.get(1)).isEqualTo("k1 v1");
        }
    }
}
