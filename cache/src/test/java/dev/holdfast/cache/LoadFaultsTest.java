package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loaders, executors and callers that misbehave: one call may suffer, those after it do not. */
class LoadFaultsTest {
    private final ManualTicker ticker = new ManualTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private TieredCacheBuilder<Long, String> builder() {
        return TieredCache.<Long, String>builder("faults")
                .redis(RedisLink.disabled())
                .maximumSize(1_000)
                .retryAfter(Duration.ZERO)
                .ticker(ticker);
    }

    @Test
    void asyncLoader_thatThrowsAnError_takesNoTurnWithIt() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (TieredCache<Long, String> cache = builder()
                .maximumLoads(2)
                .asyncLoader(key -> {
                    if (broken.get()) {
                        throw new NoClassDefFoundError("a driver that is not there");
                    }
                    return CompletableFuture.completedFuture("v" + key);
                })
                .build()) {
            for (long key = 0; key < 5; key++) {
                CompletableFuture<String> failed = cache.async().get(key);
                assertThatThrownBy(() -> failed.get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasRootCauseInstanceOf(NoClassDefFoundError.class);
            }
            broken.set(false);
            assertThat(cache.async().get(9L).get(10, TimeUnit.SECONDS)).isEqualTo("v9");
        }
    }

    @Test
    void executor_thatThrowsAnError_takesNoTurnWithIt() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        Executor exhausted = task -> {
            if (broken.get()) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            threads.execute(task);
        };
        try (TieredCache<Long, String> cache = builder()
                .maximumLoads(1)
                .executor(exhausted)
                .loader(key -> "v" + key)
                .build()) {
            CompletableFuture<String> failed = cache.async().get(1L);
            assertThatThrownBy(() -> failed.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(OutOfMemoryError.class);
            broken.set(false);
            assertThat(cache.async().get(2L).get(10, TimeUnit.SECONDS)).isEqualTo("v2");
        }
    }

    @Test
    void asyncLoad_thatWaitsForAnotherBehindTheSameGate_endsInATimeout() {
        AtomicInteger inner = new AtomicInteger();
        List<TieredCache<Long, String>> itself = new ArrayList<>();
        try (TieredCache<Long, String> cache = builder()
                .maximumLoads(1)
                .leaseTime(Duration.ofMillis(300))
                .asyncLoader(key -> key == 1
                        ? CompletableFuture.runAsync(inner::incrementAndGet, threads)
                                .thenComposeAsync(done -> itself.get(0).async().get(2L), threads)
                        : CompletableFuture.completedFuture("v" + key))
                .build()) {
            itself.add(cache);
            CompletableFuture<String> outer = cache.async().get(1L);
            assertThatThrownBy(() -> outer.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(CacheLoadTimeoutException.class)
                    .hasStackTraceContaining("maximumLoads");
            assertThat(cache.async().get(3L))
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isEqualTo("v3");
        }
    }

    @Test
    void loadThatHangs_isReplacedByOne_forAllThatWaitedForIt() throws Exception {
        CountDownLatch hung = new CountDownLatch(1);
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .leaseTime(Duration.ofMillis(500))
                .loader(key -> {
                    if (loads.incrementAndGet() == 1) {
                        hung.await();
                    }
                    return "v" + key;
                })
                .build()) {
            Future<String> first = threads.submit(() -> cache.get(1L));
            await().until(() -> loads.get() == 1);
            List<Future<String>> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                waiting.add(threads.submit(() -> cache.get(1L)));
            }
            for (Future<String> each : waiting) {
                assertThat(each.get(10, TimeUnit.SECONDS)).isEqualTo("v1");
            }
            assertThat(loads).hasValue(2);
            hung.countDown();
            assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo("v1");
        }
    }

    @Test
    void asyncLoadThatHangs_isReplacedByOne_forAllThatWaitedForIt() {
        ConcurrentLinkedQueue<CompletableFuture<String>> loads = new ConcurrentLinkedQueue<>();
        try (TieredCache<Long, String> cache = builder()
                .leaseTime(Duration.ofMillis(500))
                .asyncLoader(key -> {
                    CompletableFuture<String> load = new CompletableFuture<>();
                    loads.add(load);
                    if (loads.size() > 1) {
                        load.complete("v" + key);
                    }
                    return load;
                })
                .build()) {
            List<CompletableFuture<String>> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                waiting.add(cache.async().get(1L));
            }
            assertThat(waiting.subList(1, 20))
                    .allSatisfy(each -> assertThat(each)
                            .succeedsWithin(Duration.ofSeconds(10))
                            .isEqualTo("v1"));
            assertThat(loads).hasSize(2);
            loads.forEach(load -> load.complete("late"));
            assertThat(waiting.get(0)).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("late");
        }
    }

    @Test
    void caller_interruptedInsideTheLoader_isNoFailureOfTheSource() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = builder()
                .retryAfter(Duration.ofHours(1))
                .loader(key -> {
                    if (loads.incrementAndGet() == 1) {
                        inside.countDown();
                        new CountDownLatch(1).await();
                    }
                    return "v" + key;
                })
                .build()) {
            Future<Boolean> caller = threads.submit(() -> {
                assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(CacheLoadException.class);
                return Thread.interrupted();
            });
            inside.await();
            caller.cancel(true);
            await().untilAsserted(() -> assertThat(cache.stats().loadFailures()).isEqualTo(1));
            await().untilAsserted(() -> assertThat(cache.get(1L)).isEqualTo("v1"));
        }
    }

    @Test
    void earlyRefreshes_takeNoMoreThreadsThanMaximumLoads() {
        ConcurrentLinkedQueue<Runnable> started = new ConcurrentLinkedQueue<>();
        try (TieredCache<Long, String> cache = builder()
                .maximumLoads(3)
                .timeToLive(Duration.ofSeconds(10))
                .jitter(0)
                .earlyRefresh(100)
                .executor(started::add)
                .loader(key -> {
                    ticker.advance(Duration.ofSeconds(1));
                    return "v" + key;
                })
                .build()) {
            List<Long> keys = LongStream.range(0, 50).boxed().toList();
            keys.forEach(cache::get);
            for (int i = 0; i < 100; i++) {
                ticker.advance(Duration.ofMillis(10));
                cache.getAll(keys.subList(41, 50)); // Loaded within the last ten seconds, at the cost of one each.
            }
            assertThat(started).hasSize(3);
            assertThat(cache.stats().earlyRefreshes()).isEqualTo(3);
            started.forEach(Runnable::run);
            cache.getAll(keys.subList(41, 50));
            assertThat(started).hasSizeGreaterThan(3);
        }
    }

    @Test
    void tagsGivenTwice_countOnce() {
        assertThat(Loaded.of("v").tags("brand:1", "brand:1").tags()).containsExactly("brand:1");
        assertThat(Loaded.of("v").tags(Arrays.asList("a", "a")).tags()).containsExactly("a");
    }

    @Test
    void prefix_longerThanAnyKey_isRefused() {
        try (TieredCache<Long, String> cache = builder().loader(key -> "v").build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cache.invalidatePrefix("x".repeat(KeyNames.LONGEST) + ":"))
                    .withMessageContaining(String.valueOf(KeyNames.LONGEST));
        }
    }

    @Test
    void nullKeyAmongMany_isNamed_alsoWithAnAsyncLoader() {
        try (TieredCache<Long, String> cache = builder()
                .asyncLoader(key -> CompletableFuture.completedFuture("v"))
                .build()) {
            assertThatThrownBy(
                            () -> cache.async().getAll(Arrays.asList(1L, null)).get(10, TimeUnit.SECONDS))
                    .hasStackTraceContaining("NullPointerException: key");
        }
    }
}
