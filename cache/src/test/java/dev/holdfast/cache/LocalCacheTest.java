package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reads and writes on one node without Redis: what must hold before any second node takes part. */
class LocalCacheTest {
    private final ManualTicker ticker = new ManualTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private TieredCacheBuilder<Long, String> builder() {
        return TieredCache.<Long, String>builder("local")
                .redis(RedisLink.disabled())
                .maximumSize(1_000)
                .ticker(ticker);
    }

    @Test
    void get_secondTime_doesNotAskTheSource() {
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache =
                builder().loader(key -> "v" + loads.incrementAndGet()).build()) {
            assertThat(cache.get(1L)).isEqualTo("v1");
            assertThat(cache.get(1L)).isEqualTo("v1");
            assertThat(cache.stats().tier1Hits()).isEqualTo(1);
            assertThat(cache.stats().misses()).isEqualTo(1);
        }
    }

    @Test
    void get_afterTheTimeToLive_asksTheSourceAgain() {
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .timeToLive(Duration.ofSeconds(10))
                .jitter(0)
                .loader(key -> "v" + loads.incrementAndGet())
                .build()) {
            cache.get(1L);
            ticker.advance(Duration.ofSeconds(10).minusNanos(1));
            assertThat(cache.get(1L)).isEqualTo("v1");
            ticker.advance(Duration.ofNanos(1));
            assertThat(cache.get(1L)).isEqualTo("v2");
        }
    }

    @Test
    void get_64ThreadsAtOnce_loadOnce() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(64);
        CountDownLatch release = new CountDownLatch(1);
        try (TieredCache<Long, String> cache = builder()
                .ticker(dev.holdfast.core.Ticker.system())
                .loader(key -> {
                    loads.incrementAndGet();
                    release.await();
                    return "v";
                })
                .build()) {
            List<Future<String>> results = java.util.stream.IntStream.range(0, 64)
                    .mapToObj(i -> threads.submit(() -> {
                        start.await();
                        return cache.get(1L);
                    }))
                    .toList();
            release.countDown();
            for (Future<String> result : results) {
                assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("v");
            }
            assertThat(loads).hasValue(1);
        }
    }

    @Test
    void get_loaderThatThrows_isATypedExceptionAndNothingIsCached() {
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .loader(key -> {
                    if (loads.incrementAndGet() == 1) {
                        throw new IOException("source away");
                    }
                    return "v";
                })
                .build()) {
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("local")
                    .hasMessageContaining("1")
                    .hasRootCauseMessage("source away");
            ticker.advance(Duration.ofMillis(100));
            assertThat(cache.get(1L)).isEqualTo("v");
            assertThat(cache.stats().loadFailures()).isEqualTo(1);
        }
    }

    @Test
    void get_loaderThatReturnsNull_returnsNullAndCachesNothing() {
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .loader(key -> {
                    loads.incrementAndGet();
                    return null;
                })
                .build()) {
            assertThat(cache.get(1L)).isNull();
            assertThat(cache.get(1L)).isNull();
            assertThat(loads).hasValue(2);
        }
    }

    @Test
    void get_absentValueWherePresenceIsRequired_isATypedException() {
        try (TieredCache<Long, String> cache =
                builder().requirePresent().loader(key -> null).build()) {
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(AbsentValueException.class)
                    .hasMessageContaining("requirePresent");
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L))).isInstanceOf(AbsentValueException.class);
        }
    }

    @Test
    void get_withoutLoader_namesTheRemedy() {
        try (TieredCache<Long, String> cache = builder().build()) {
            assertThatThrownBy(() -> cache.get(1L)).hasStackTraceContaining("set loader(...)");
            assertThat(cache.get(1L, key -> "given")).isEqualTo("given");
        }
    }

    @Test
    void get_loaderThatAsksForItsOwnKey_failsFast() {
        AtomicReference<TieredCache<Long, String>> self = new AtomicReference<>();
        try (TieredCache<Long, String> cache =
                builder().loader(key -> self.get().get(key)).build()) {
            self.set(cache);
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("same key");
        }
    }

    @Test
    void get_loadersThatNeedEachOther_doNotDeadlock() throws Exception {
        AtomicReference<TieredCache<Long, String>> self = new AtomicReference<>();
        CyclicBarrier bothLoading = new CyclicBarrier(2);
        ThreadLocal<Integer> depth = ThreadLocal.withInitial(() -> 0);
        try (TieredCache<Long, String> cache = builder()
                .loader(key -> {
                    depth.set(depth.get() + 1);
                    try {
                        if (depth.get() > 1) {
                            return "inner " + key;
                        }
                        bothLoading.await();
                        return key + "+" + self.get().get(3 - key);
                    } finally {
                        depth.set(depth.get() - 1);
                    }
                })
                .build()) {
            self.set(cache);
            Future<String> one = threads.submit(() -> cache.get(1L));
            Future<String> two = threads.submit(() -> cache.get(2L));
            // Whoever notices the circle loads for itself, and the other may wait for that.
            assertThat(one.get(10, TimeUnit.SECONDS)).isIn("1+inner 2", "1+2+inner 1");
            assertThat(two.get(10, TimeUnit.SECONDS)).isIn("2+inner 1", "2+1+inner 2");
        }
    }

    @Test
    void get_invalidatedDuringTheLoad_isLoadedAgainByTheNextCaller() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<String> source = new AtomicReference<>("old");
        try (TieredCache<Long, String> cache = builder()
                .loader(key -> {
                    String read = source.get();
                    if (loading.getCount() > 0) {
                        loading.countDown();
                        release.await();
                    }
                    return read;
                })
                .build()) {
            Future<String> early = threads.submit(() -> cache.get(1L));
            loading.await();
            source.set("new");
            cache.invalidate(1L);
            assertThat(cache.get(1L)).isEqualTo("new");
            release.countDown();
            assertThat(early.get(10, TimeUnit.SECONDS)).isEqualTo("old");
            assertThat(cache.get(1L)).isEqualTo("new");
        }
    }

    @Test
    void getAll_loadsWhatIsMissingInOneCallAndKeepsTheOrder() {
        ConcurrentLinkedQueue<Set<Long>> asked = new ConcurrentLinkedQueue<>();
        try (TieredCache<Long, String> cache = builder()
                .bulkLoader(keys -> {
                    asked.add(Set.copyOf(keys));
                    Map<Long, String> found = new HashMap<>();
                    keys.stream().filter(key -> key != 13).forEach(key -> found.put(key, "v" + key));
                    return found;
                })
                .build()) {
            cache.get(2L);
            assertThat(cache.getAll(List.of(3L, 1L, 2L, 13L, 3L)))
                    .containsExactly(Map.entry(3L, "v3"), Map.entry(1L, "v1"), Map.entry(2L, "v2"));
            assertThat(asked).containsExactly(Set.of(2L), Set.of(3L, 1L, 13L));
        }
    }

    @Test
    void getAll_bulkLoaderThatThrows_failsForThisCallerAlone() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .bulkLoader(keys -> {
                    if (calls.incrementAndGet() == 1) {
                        throw new IOException("away");
                    }
                    Map<Long, String> all = new HashMap<>();
                    keys.forEach(key -> all.put(key, "v"));
                    return all;
                })
                .build()) {
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L))).isInstanceOf(CacheLoadException.class);
            ticker.advance(Duration.ofMillis(100));
            assertThat(cache.getAll(List.of(1L, 2L))).hasSize(2);
        }
    }

    @Test
    void getAll_bulkLoaderThatLeavesAKeyOutWherePresenceIsRequired_isATypedException() {
        try (TieredCache<Long, String> cache =
                builder().requirePresent().bulkLoader(keys -> Map.of(2L, "v")).build()) {
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L)))
                    .isInstanceOf(AbsentValueException.class)
                    .hasMessageContaining("[1]");
        }
    }

    @Test
    void bulkLoader_thatReturnsNullValuesOrStrangeKeys_isAnErrorOfThatCallAndNothingIsCached() {
        AtomicReference<Map<Long, String>> answer = new AtomicReference<>();
        try (TieredCache<Long, String> cache = builder()
                .retryAfter(Duration.ZERO)
                .bulkLoader(keys -> answer.get())
                .build()) {
            Map<Long, String> nulls = new HashMap<>();
            nulls.put(1L, "v");
            nulls.put(2L, null);
            answer.set(nulls);
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L)))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("key '2' to null");
            answer.set(Map.of(1L, "v", 3L, "w"));
            assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L)))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("key '3', which it was not asked for");
            assertThatThrownBy(() -> cache.get(1L)).hasMessageContaining("key '3', which it was not asked for");
            assertThat(cache.asMap()).isEmpty();
            answer.set(Map.of(1L, "v"));
            assertThat(cache.getAll(List.of(1L, 2L))).containsOnlyKeys(1L);
        }
    }

    @Test
    void getAll_loaderThatThrowsAnError_landsItsFlights() {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (TieredCache<Long, String> cache = builder()
                .bulkLoader(keys -> {
                    if (broken.get()) {
                        throw new StackOverflowError("too deep");
                    }
                    return Map.of(1L, "v");
                })
                .build()) {
            assertThatThrownBy(() -> cache.getAll(List.of(1L))).isInstanceOf(StackOverflowError.class);
            assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(StackOverflowError.class);
            broken.set(false);
            assertThat(cache.get(1L)).isEqualTo("v");
        }
    }

    @Test
    void getAll_withALoadUnderWayElsewhere_joinsIt() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger loadsOfOne = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .loader(key -> {
                    if (key == 1) {
                        loadsOfOne.incrementAndGet();
                        loading.countDown();
                        release.await();
                    }
                    return "v" + key;
                })
                .build()) {
            Future<String> single = threads.submit(() -> cache.get(1L));
            loading.await();
            Future<Map<Long, String>> both = threads.submit(() -> cache.getAll(List.of(1L, 2L)));
            release.countDown();
            assertThat(both.get(10, TimeUnit.SECONDS)).containsOnly(Map.entry(1L, "v1"), Map.entry(2L, "v2"));
            assertThat(single.get(10, TimeUnit.SECONDS)).isEqualTo("v1");
            assertThat(loadsOfOne).hasValue(1);
        }
    }

    @Test
    void put_thenGet_returnsTheValueUntilItIsInvalidated() {
        try (TieredCache<Long, String> cache = builder().loader(key -> "source").build()) {
            cache.put(1L, "put");
            assertThat(cache.get(1L)).isEqualTo("put");
            cache.invalidate(1L);
            assertThat(cache.get(1L)).isEqualTo("source");
        }
    }

    @Test
    void tier1_neverHoldsMoreThanItsMaximum() {
        try (TieredCache<Long, String> cache =
                builder().maximumSize(100).loader(key -> "v").build()) {
            for (long key = 0; key < 10_000; key++) {
                cache.get(key);
            }
            ((CoherentCache<Long, String>) cache).cleanUp();
            assertThat(cache.stats().tier1Size()).isLessThanOrEqualTo(100);
        }
    }

    @Test
    void nullsAndClosedCache_areRefusedWithANamedArgument() {
        TieredCache<Long, String> cache = builder().loader(key -> "v").build();
        assertThatNullPointerException().isThrownBy(() -> cache.get(null)).withMessage("key");
        assertThatNullPointerException()
                .isThrownBy(() -> cache.getAll(Arrays.asList(1L, null)))
                .withMessage("key");
        assertThatNullPointerException()
                .isThrownBy(() -> cache.invalidate(null))
                .withMessage("key");
        assertThatNullPointerException().isThrownBy(() -> cache.put(1L, null)).withMessageContaining("value");
        cache.close();
        cache.close();
        assertThatThrownBy(() -> cache.get(1L))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
