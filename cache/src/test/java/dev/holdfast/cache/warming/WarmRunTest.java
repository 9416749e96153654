package dev.holdfast.cache.warming;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One pass, step by step, with a clock that moves when told to. */
class WarmRunTest {
    private final ManualTicker ticker = new ManualTicker();
    private final List<Set<Long>> loads = new ArrayList<>();
    private long failFrom = Long.MAX_VALUE;
    private long failTo = Long.MAX_VALUE;
    private final TieredCache<Long, String> cache = TieredCache.<Long, String>builder("warm")
            .redis(RedisLink.disabled())
            .maximumSize(10_000)
            .bulkLoader(this::load)
            .build();

    private Map<Long, String> load(Set<Long> keys) {
        loads.add(keys);
        Map<Long, String> found = new HashMap<>();
        for (long key : keys) {
            if (key >= failFrom && key <= failTo) {
                throw new IllegalStateException("no row " + key);
            }
            if (key % 2 == 1) {
                found.put(key, "v" + key);
            }
        }
        return found;
    }

    @AfterEach
    void close() {
        cache.close();
    }

    private WarmRun<Long> run(Stream<Long> keys, int chunk, long maximum, int perSecond) {
        return new WarmRun<>(cache, keys, chunk, maximum, perSecond, ticker.read());
    }

    private static Stream<Long> keys(long count) {
        return LongStream.rangeClosed(1, count).boxed();
    }

    @Test
    void pass_overFewKeys_readsThemInChunksAndCompletes() {
        WarmRun<Long> run = run(keys(25), 10, 1_000, 1_000);
        List<Long> pauses = new ArrayList<>();
        while (run.outcome() == null) {
            pauses.add(run.step(ticker.read()));
            ticker.advance(Duration.ofMillis(20));
        }
        assertThat(run.outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(loads).extracting(Set::size).containsExactly(10, 10, 5);
        assertThat(pauses.subList(0, 2)).containsOnly(Duration.ofMillis(10).toNanos());
        assertThat(run.progress(ticker.read())).isEqualTo(new WarmProgress(25, 13, 0, Duration.ofMillis(60)));
    }

    @Test
    void pass_overMoreKeysThanItMay_isTruncated() {
        for (int chunk : new int[] {4, 5, 10, 100}) {
            WarmRun<Long> run = run(keys(11), chunk, 10, 1_000);
            stepToTheEnd(run);
            assertThat(run.outcome()).as("chunk %d", chunk).isEqualTo(WarmOutcome.TRUNCATED);
            assertThat(run.progress(ticker.read()).keys()).isEqualTo(10);
        }
        WarmRun<Long> exact = run(keys(10), 5, 10, 1_000);
        stepToTheEnd(exact);
        assertThat(exact.outcome()).isEqualTo(WarmOutcome.COMPLETED);
    }

    private void stepToTheEnd(WarmRun<Long> run) {
        for (int i = 0; run.outcome() == null && i < 1_000; i++) {
            run.step(ticker.read());
        }
    }

    @Test
    void chunk_thatFails_isCountedAndPassedOver() {
        failFrom = 11;
        failTo = 30;
        WarmRun<Long> run = run(keys(50), 10, 1_000, 1_000);
        stepToTheEnd(run);
        assertThat(run.outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(run.progress(ticker.read())).isEqualTo(new WarmProgress(50, 15, 20, Duration.ZERO));
    }

    @Test
    void chunks_thatFailThreeTimesInARow_endThePass() {
        failFrom = 11;
        WarmRun<Long> run = run(keys(1_000), 10, 1_000, 1_000);
        stepToTheEnd(run);
        assertThat(run.outcome()).isEqualTo(WarmOutcome.FAILED);
        assertThat(run.progress(ticker.read()).keys()).isEqualTo(40);
        assertThat(run.progress(ticker.read()).failed()).isEqualTo(30);
    }

    @Test
    void source_thatFailsOrListsNull_endsThePass() {
        WarmRun<Long> nulls = run(Arrays.asList(1L, null).stream(), 10, 1_000, 1_000);
        stepToTheEnd(nulls);
        assertThat(nulls.outcome()).isEqualTo(WarmOutcome.FAILED);
        WarmRun<Long> broken = run(
                Stream.generate(() -> {
                    throw new IllegalStateException("the cursor is gone");
                }),
                10,
                1_000,
                1_000);
        stepToTheEnd(broken);
        assertThat(broken.outcome()).isEqualTo(WarmOutcome.FAILED);
    }

    @Test
    void stream_isClosedWithTheRun() {
        AtomicBoolean closed = new AtomicBoolean();
        run(keys(5).onClose(() -> closed.set(true)), 10, 1_000, 1_000).close();
        assertThat(closed).isTrue();
    }

    @Test
    void pages_areReadOneAfterTheOtherAndNoFurtherThanNeeded() throws Exception {
        List<String> asked = new ArrayList<>();
        KeySource<Long> source = KeySource.paged(last -> {
            asked.add(String.valueOf(last));
            long from = last == null ? 1 : last + 1;
            return LongStream.range(from, Math.min(from + 4, 11)).boxed().toList();
        });
        try (Stream<Long> keys = source.open()) {
            assertThat(keys.toList()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
        }
        assertThat(asked).containsExactly("null", "4", "8", "10");
        asked.clear();
        WarmRun<Long> run = run(source.open(), 2, 4, 1_000);
        stepToTheEnd(run);
        assertThat(run.outcome()).isEqualTo(WarmOutcome.TRUNCATED);
        assertThat(asked).containsExactly("null", "4");
    }

    @Test
    void page_thatCannotBeRead_endsThePass() throws Exception {
        KeySource<Long> source = KeySource.paged(last -> {
            throw new java.io.IOException("connection reset");
        });
        WarmRun<Long> run = run(source.open(), 10, 1_000, 1_000);
        stepToTheEnd(run);
        assertThat(run.outcome()).isEqualTo(WarmOutcome.FAILED);
    }
}
