package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How many early refreshes a node has under way. */
class EarlyRefreshTest {
    private static final int KEYS = 20;

    private final ManualTicker ticker = new ManualTicker();
    private final AtomicInteger loads = new AtomicInteger();
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    private TieredCache<Long, String> cache() {
        return TieredCache.<Long, String>builder("early")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .timeToLive(Duration.ofMinutes(10))
                .jitter(0)
                .earlyRefresh(100)
                .maximumLoads(2)
                .executor(waiting::add)
                .ticker(ticker)
                .loader(key -> {
                    ticker.advance(Duration.ofSeconds(2)); // what loading costs
                    return "v" + loads.incrementAndGet();
                })
                .build();
    }

    private static void readAll(TieredCache<Long, String> cache) {
        for (long key = 0; key < KEYS; key++) {
            assertThat(cache.get(key)).startsWith("v");
        }
    }

    @Test
    void refreshesUnderWay_areAtMostAsManyAsLoadsMayBe() {
        try (TieredCache<Long, String> cache = cache()) {
            readAll(cache);
            ticker.advance(Duration.ofMinutes(9));
            for (int i = 0; i < 50; i++) {
                readAll(cache);
            }
            assertThat(waiting).hasSize(2);
            assertThat(cache.stats().earlyRefreshes()).isEqualTo(2);

            waiting.remove().run();
            for (int i = 0; i < 50; i++) {
                readAll(cache);
            }

            assertThat(loads).hasValue(KEYS + 1);
            assertThat(waiting)
                    .as("one had its turn, and another took its place")
                    .hasSize(2);
        }
    }
}
