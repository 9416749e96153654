package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is served when the source fails, is slow or has nothing. */
class StaleTest {
    private final ManualTicker ticker = new ManualTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger loads = new AtomicInteger();
    private final AtomicBoolean away = new AtomicBoolean();
    private final AtomicInteger version = new AtomicInteger(1);

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private TieredCacheBuilder<Long, String> builder() {
        return TieredCache.<Long, String>builder("stale")
                .redis(RedisLink.disabled())
                .maximumSize(1_000)
                .timeToLive(Duration.ofMinutes(10))
                .jitter(0)
                .earlyRefresh(0)
                .retryAfter(Duration.ofSeconds(1))
                .ticker(ticker)
                .loader(this::load);
    }

    private String load(long key) throws IOException {
        loads.incrementAndGet();
        if (away.get()) {
            throw new IOException("away");
        }
        return "v" + version.get();
    }

    @Test
    void failingSource_withAStaleValue_isHiddenAndAskedOncePerRetryAfter() {
        try (TieredCache<Long, String> cache =
                builder().staleFor(Duration.ofHours(1)).build()) {
            assertThat(cache.get(1L)).isEqualTo("v1");
            away.set(true);
            ticker.advance(Duration.ofMinutes(10));
            for (int i = 0; i < 50; i++) {
                assertThat(cache.get(1L)).isEqualTo("v1");
            }
            assertThat(loads).hasValue(2);
            assertThat(cache.stats().staleServed()).isEqualTo(50);
            ticker.advance(Duration.ofSeconds(1));
            assertThat(cache.getAll(List.of(1L))).isEqualTo(Map.of(1L, "v1"));
            assertThat(loads).hasValue(3);
            away.set(false);
            version.set(2);
            ticker.advance(Duration.ofSeconds(1));
            assertThat(cache.get(1L)).isEqualTo("v2");
        }
    }

    @Test
    void staleValue_pastItsReserve_isNotServed() {
        try (TieredCache<Long, String> cache =
                builder().staleFor(Duration.ofMinutes(5)).build()) {
            cache.get(1L);
            away.set(true);
            ticker.advance(Duration.ofMinutes(15));
            assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(CacheLoadException.class);
        }
    }

    @Test
    void invalidatedValue_isNeverServedAsStale() {
        try (TieredCache<Long, String> cache =
                builder().staleFor(Duration.ofHours(1)).build()) {
            cache.get(1L);
            away.set(true);
            cache.invalidate(1L);
            assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(CacheLoadException.class);
        }
    }

    @Test
    void failingSource_withoutAStaleValue_isATypedErrorAndAskedOncePerRetryAfter() {
        try (TieredCache<Long, String> cache = builder().build()) {
            away.set(true);
            for (int i = 0; i < 50; i++) {
                assertThatThrownBy(() -> cache.get(1L))
                        .isInstanceOf(CacheLoadException.class)
                        .hasRootCauseMessage("away");
                assertThatThrownBy(() -> cache.getAll(List.of(1L))).isInstanceOf(CacheLoadException.class);
            }
            assertThat(loads).hasValue(1);
            assertThat(cache.getIfPresent(1L)).isNull();
            away.set(false);
            assertThat(cache.get(2L)).as("another key").isEqualTo("v1");
            ticker.advance(Duration.ofSeconds(1));
            assertThat(cache.get(1L)).isEqualTo("v1");
        }
    }

    @Test
    void failure_isForgottenWhenTheKeyIsInvalidated() {
        try (TieredCache<Long, String> cache = builder().build()) {
            away.set(true);
            assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(CacheLoadException.class);
            away.set(false);
            cache.invalidate(1L);
            assertThat(cache.get(1L)).isEqualTo("v1");
        }
    }

    @Test
    void expiredKey_isLoadedAgain_andServedStaleIfTheSourceFails() {
        try (TieredCache<Long, String> cache =
                builder().staleFor(Duration.ofHours(1)).build()) {
            cache.get(1L);
            version.set(2);
            away.set(true);
            cache.expire(1L);
            assertThat(cache.get(1L)).isEqualTo("v1");
            away.set(false);
            ticker.advance(Duration.ofSeconds(1));
            assertThat(cache.get(1L)).isEqualTo("v2");
            assertThat(loads).hasValue(3);
        }
    }

    @Test
    void expiredKey_withoutAStaleReserve_isSimplyGone() {
        try (TieredCache<Long, String> cache = builder().build()) {
            cache.get(1L);
            version.set(2);
            cache.expire(1L);
            assertThat(cache.get(1L)).isEqualTo("v2");
        }
    }

    @Test
    void expiredTag_endsTheFreshnessOfItsValuesOnly() {
        try (TieredCache<Long, String> cache = builder()
                .staleFor(Duration.ofHours(1))
                .detailedLoader(key -> Loaded.of(load(key)).tags(key % 2 == 0 ? "even" : "odd"))
                .build()) {
            cache.get(1L);
            cache.get(2L);
            version.set(2);
            cache.expireTag("even");
            assertThat(cache.asMap()).containsOnlyKeys(1L);
            assertThat(cache.get(2L)).isEqualTo("v2");
            assertThat(cache.get(1L)).isEqualTo("v1");
        }
    }

    @Test
    void softTimeout_servesTheStaleValueAndLetsOneLoadGoOn() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean slow = new AtomicBoolean();
        try (TieredCache<Long, String> cache = builder()
                .staleFor(Duration.ofHours(1))
                .softTimeout(Duration.ofMillis(30))
                .loader(key -> {
                    if (slow.get()) {
                        go.await();
                    }
                    return load(key);
                })
                .build()) {
            assertThat(cache.get(1L)).isEqualTo("v1");
            version.set(2);
            slow.set(true);
            ticker.advance(Duration.ofMinutes(10));
            List<Future<String>> callers = IntStream.range(0, 16)
                    .mapToObj(i -> threads.submit(() -> cache.get(1L)))
                    .toList();
            for (Future<String> caller : callers) {
                assertThat(caller.get(10, TimeUnit.SECONDS)).isEqualTo("v1");
            }
            go.countDown();
            await().untilAsserted(() -> assertThat(cache.get(1L)).isEqualTo("v2"));
            assertThat(loads).hasValue(2);
        }
    }

    @Test
    void hardTimeout_withoutAStaleValue_isATypedErrorAndTheLoadGoesOn() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (TieredCache<Long, String> cache = builder()
                .hardTimeout(Duration.ofMillis(30))
                .loader(key -> {
                    go.await();
                    return load(key);
                })
                .build()) {
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(CacheLoadTimeoutException.class)
                    .hasMessageContaining("PT0.03S");
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L))).isInstanceOf(CacheLoadTimeoutException.class);
            assertThatThrownBy(() -> cache.async().get(1L).get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(CacheLoadTimeoutException.class);
            go.countDown();
            await().untilAsserted(() -> assertThat(cache.getIfPresent(1L)).isEqualTo("v1"));
            await().untilAsserted(() -> assertThat(loads).hasValue(2));
        }
    }

    @Test
    void absentKey_isAskedEveryTime_unlessAbsenceIsCached() {
        try (TieredCache<Long, String> asked = builder().loader(key -> absent()).build();
                TieredCache<Long, String> cached = builder()
                        .loader(key -> absent())
                        .cacheAbsent(Duration.ofMinutes(1))
                        .build()) {
            assertThat(asked.get(1L)).isNull();
            assertThat(asked.get(1L)).isNull();
            assertThat(loads).hasValue(2);
            loads.set(0);
            assertThat(cached.get(1L)).isNull();
            assertThat(cached.get(1L)).isNull();
            assertThat(cached.getAll(List.of(1L))).isEmpty();
            assertThat(cached.asMap()).isEmpty();
            assertThat(loads).hasValue(1);
            ticker.advance(Duration.ofMinutes(1));
            assertThat(cached.get(1L)).isNull();
            assertThat(loads).hasValue(2);
        }
    }

    @SuppressWarnings("NullAway") // A loader may return null.
    private String absent() {
        loads.incrementAndGet();
        return null;
    }

    @Test
    void entry_withALifeOfItsOwn_endsWithIt_andUncachedIsNotKept() {
        try (TieredCache<Long, String> cache = builder()
                .maximumTimeToLive(Duration.ofHours(1))
                .detailedLoader(key -> {
                    Loaded<String> loaded = Loaded.of(load(key));
                    return key == 1 ? loaded.timeToLive(Duration.ofSeconds(5)) : key == 2 ? loaded.uncached() : loaded;
                })
                .build()) {
            cache.get(1L);
            cache.get(2L);
            cache.get(2L);
            cache.get(3L);
            assertThat(loads).hasValue(4);
            ticker.advance(Duration.ofSeconds(5));
            cache.get(1L);
            cache.get(3L);
            assertThat(loads).hasValue(5);
        }
    }

    @Test
    void entry_withALifeBeyondTheLimit_isAnErrorForItsCallerAndCachedNowhere() {
        try (TieredCache<Long, String> cache = builder()
                .retryAfter(Duration.ZERO)
                .detailedLoader(key -> Loaded.of(load(key)).timeToLive(Duration.ofMinutes(11)))
                .build()) {
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("timeToLive of PT11M")
                    .hasMessageContaining("raise maximumTimeToLive");
            assertThat(cache.asMap()).isEmpty();
        }
    }

    @Test
    void hotKey_nearItsEnd_isLoadedAgainInTheBackgroundWhileItIsServed() {
        try (TieredCache<Long, String> cache = builder()
                .earlyRefresh(1)
                .loader(key -> {
                    ticker.advance(Duration.ofSeconds(10)); // what loading costs
                    return load(key);
                })
                .build()) {
            assertThat(cache.get(1L)).isEqualTo("v1");
            version.set(2);
            ticker.advance(Duration.ofMinutes(10).minusSeconds(20)); // two load times before the end
            await().until(() -> {
                assertThat(cache.get(1L)).isIn("v1", "v2");
                return cache.stats().earlyRefreshes() > 0 && cache.get(1L).equals("v2");
            });
            assertThat(cache.stats().misses())
                    .as("callers that waited, and the refresh")
                    .isEqualTo(2);
        }
    }

    @Test
    void earlyRefresh_thatFails_leavesTheValueAndIsNotTriedAtOnceAgain() {
        try (TieredCache<Long, String> cache = builder()
                .earlyRefresh(100)
                .loader(key -> {
                    ticker.advance(Duration.ofSeconds(10));
                    return load(key);
                })
                .build()) {
            cache.get(1L);
            away.set(true);
            ticker.advance(Duration.ofMinutes(9));
            for (int i = 0; i < 200; i++) {
                assertThat(cache.get(1L)).isEqualTo("v1");
            }
            await().until(() -> cache.stats().loadFailures() > 0);
            assertThat(cache.stats().loadFailures()).isLessThan(20);
        }
    }

    @Test
    void earlyRefreshes_ofManyKeysAtOnce_takeNoMoreThreadsThanLoadsMayRun() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger refreshing = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .earlyRefresh(100)
                .maximumLoads(4)
                .executor(task -> {
                    refreshing.incrementAndGet();
                    threads.execute(() -> {
                        try {
                            end.await();
                            task.run();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        refreshing.decrementAndGet();
                    });
                })
                .loader(key -> {
                    ticker.advance(Duration.ofMillis(100));
                    return load(key);
                })
                .build()) {
            List<Long> keys = LongStream.range(0, 100).boxed().toList();
            keys.forEach(cache::get);
            ticker.advance(Duration.ofMinutes(10).minusSeconds(20));
            for (int round = 0; round < 20; round++) {
                keys.forEach(key -> assertThat(cache.get(key)).isEqualTo("v1"));
                ticker.advance(Duration.ofMillis(200));
            }
            assertThat(refreshing).hasValue(4);
            version.set(2);
            end.countDown();
            await().until(() -> refreshing.get() == 0);
            keys.forEach(cache::get);
            await().untilAsserted(() -> assertThat(cache.stats().earlyRefreshes())
                    .as("places are given back")
                    .isGreaterThan(4));
        }
    }
}
