package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Futures in place of waiting. */
class AsyncTest extends SharedRedis {
    private final List<CompletableFuture<String>> asked = new ArrayList<>();

    private TieredCache<Long, String> cache(UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        RedisLink link = RedisLink.connect(redis.uri());
        TieredCache<Long, String> cache = change.apply(TieredCache.<Long, String>builder("async")
                        .redis(link)
                        .codec(Codec.string())
                        .maximumSize(1_000)
                        .asyncLoader(key -> {
                            CompletableFuture<String> value = new CompletableFuture<>();
                            asked.add(value);
                            return value;
                        }))
                .build();
        open(cache);
        open(link);
        await().until(((CoherentCache<Long, String>) cache)::tier2Open);
        return cache;
    }

    private static <T> T finish(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    @Test
    void aThousandWaitingReads_takeNoThreads_andShareOneLoad() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder);
        int threads = Thread.activeCount();
        List<CompletableFuture<String>> reads = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            reads.add(cache.async().get(1L));
        }
        await().until(() -> asked.size() == 1);
        assertThat(Thread.activeCount()).isLessThan(threads + 10);
        asked.get(0).complete("v");
        for (CompletableFuture<String> read : reads) {
            assertThat(finish(read)).isEqualTo("v");
        }
        assertThat(cache.getIfPresent(1L)).isEqualTo("v");
        await().until(() -> cache.stats().fills() == 1);
        assertThat(finish(cache(builder -> builder).async().get(1L)))
                .as("of another node")
                .isEqualTo("v");
        assertThat(asked).hasSize(1);
    }

    @Test
    void blockingLoader_runsOnTheExecutor_andItsFailureIsTyped() {
        AtomicReference<String> thread = new AtomicReference<>("");
        TieredCache<Long, String> cache = cache(builder -> builder.asyncLoader(key -> {
            throw new IOException("at once");
        }));
        assertThatThrownBy(() -> finish(cache.async().get(1L)))
                .cause()
                .isInstanceOf(CacheLoadException.class)
                .hasRootCauseMessage("at once");
        assertThatThrownBy(() -> cache.get(2L))
                .isInstanceOf(CacheLoadException.class)
                .hasRootCauseMessage("at once");
        RedisLink link = RedisLink.disabled();
        try (TieredCache<Long, String> blocking = TieredCache.<Long, String>builder("blocking")
                .redis(link)
                .maximumSize(10)
                .loader(key -> {
                    thread.set(Thread.currentThread().getName());
                    return "v";
                })
                .build()) {
            assertThat(blocking.async().get(1L).join()).isEqualTo("v");
            assertThat(thread.get()).startsWith("holdfast-cache-load-blocking");
        }
    }

    @Test
    void getAll_returnsWhatBothTiersAndTheSourceHave_inTheOrderOfTheKeys() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        TieredCache<Long, String> cache = cache(builder -> builder.bulkLoader(keys -> {
            loads.incrementAndGet();
            Map<Long, String> found = new HashMap<>();
            keys.stream().filter(key -> key != 3).forEach(key -> found.put(key, "v" + key));
            return found;
        }));
        cache.put(1L, "v1");
        Map<Long, String> found = finish(cache.async().getAll(List.of(4L, 1L, 3L, 2L, 4L)));
        assertThat(found).containsExactly(Map.entry(4L, "v4"), Map.entry(1L, "v1"), Map.entry(2L, "v2"));
        assertThat(loads).hasValue(1);
    }

    @Test
    void getAll_withAnAsynchronousLoaderAlone_asksForEachKey() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder);
        CompletableFuture<Map<Long, String>> read = cache.async().getAll(List.of(1L, 2L));
        await().until(() -> asked.size() == 2);
        asked.forEach(one -> one.complete("v"));
        assertThat(finish(read)).containsOnlyKeys(1L, 2L);
    }

    @Test
    void writes_reachOtherNodes() throws Exception {
        TieredCache<Long, String> a = cache(builder -> builder);
        TieredCache<Long, String> b = cache(builder -> builder);
        finish(a.async().putAll(Map.of(1L, "one", 2L, "two", 3L, "three")));
        assertThat(b.getAll(List.of(1L, 2L, 3L))).hasSize(3);
        finish(a.async().invalidate(1L));
        finish(a.async().invalidateAll(List.of(2L)));
        await().untilAsserted(() -> assertThat(b.asMap()).containsOnlyKeys(3L));
        finish(a.async().clear());
        await().untilAsserted(() -> assertThat(b.asMap()).isEmpty());
    }

    @Test
    void softTimeout_givesTheStaleValue_andTheLoadGoesOn() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder.timeToLive(Duration.ofMillis(100))
                .jitter(0)
                .earlyRefresh(0)
                .staleFor(Duration.ofMinutes(1))
                .softTimeout(Duration.ofMillis(50)));
        cache.put(1L, "old");
        await().until(() -> cache.asMap().isEmpty());
        assertThat(finish(cache.async().get(1L))).isEqualTo("old");
        await().until(() -> asked.size() == 1);
        asked.get(0).complete("new");
        await().untilAsserted(() -> assertThat(cache.async().get(1L).join()).isEqualTo("new"));
    }

    @Test
    void loaderThatNeverAnswers_holdsOneLeaseTime() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder.leaseTime(Duration.ofMillis(300)));
        CompletableFuture<String> first = cache.async().get(1L);
        await().until(() -> asked.size() == 1);
        CompletableFuture<String> second = cache.async().get(1L);
        await().until(() -> asked.size() == 2);
        asked.get(1).complete("v");
        assertThat(finish(second)).isEqualTo("v");
        assertThat(first).isNotDone();
    }

    @Test
    void cancelledRead_leavesTheLoadAndWhoeverJoinedItAlone() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder);
        CompletableFuture<String> first = cache.async().get(1L);
        CompletableFuture<String> second = cache.async().get(1L);
        await().until(() -> asked.size() == 1);
        assertThat(first.cancel(true)).isTrue();
        assertThat(second).isNotDone();
        asked.get(0).complete("v");
        assertThat(finish(second)).isEqualTo("v");
        assertThat(cache.getIfPresent(1L)).as("the load went on").isEqualTo("v");
    }

    @Test
    void close_duringALoad_letsItsCallersHaveTheValueAndStoresNothing() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder);
        CompletableFuture<String> read = cache.async().get(1L);
        await().until(() -> asked.size() == 1);
        cache.close();
        asked.get(0).complete("v");
        assertThat(finish(read)).isEqualTo("v");
        assertThat(cache.stats().tier1Size()).isZero();
        assertThatThrownBy(() -> cache.async().get(1L)).hasMessageContaining("is closed");
    }

    @Test
    void loaderThatThrowsAnError_failsItsCallersAndKeepsNoPlace() throws Exception {
        TieredCache<Long, String> cache =
                cache(builder -> builder.maximumLoads(1).retryAfter(Duration.ZERO));
        for (long key = 1; key <= 2; key++) {
            CompletableFuture<String> read = cache.async().get(key, asked -> {
                throw new NoClassDefFoundError("a class of the loader");
            });
            assertThatThrownBy(() -> finish(read))
                    .cause()
                    .isInstanceOf(CacheLoadException.class)
                    .hasRootCauseInstanceOf(NoClassDefFoundError.class);
        }
        assertThat(finish(cache.async().get(1L, asked -> CompletableFuture.completedFuture("v"))))
                .isEqualTo("v");
    }

    @Test
    void executorThatCannotTakeALoad_failsItsCallersAndKeepsNoPlace() throws Exception {
        AtomicReference<Throwable> refusal =
                new AtomicReference<>(new OutOfMemoryError("unable to create native thread"));
        try (TieredCache<Long, String> cache = TieredCache.<Long, String>builder("full")
                .redis(RedisLink.disabled())
                .maximumSize(10)
                .maximumLoads(1)
                .retryAfter(Duration.ZERO)
                .hardTimeout(Duration.ofSeconds(10))
                .executor(task -> {
                    if (refusal.get() instanceof Error error) {
                        throw error;
                    }
                    task.run();
                })
                .loader(key -> "v")
                .build()) {
            assertThatThrownBy(() -> finish(cache.async().get(1L)))
                    .cause()
                    .isInstanceOf(CacheLoadException.class)
                    .hasRootCauseMessage("unable to create native thread");
            assertThat(cache.getAll(List.of(2L, 3L)))
                    .as("loaded by the caller itself")
                    .hasSize(2);
            refusal.set(null);
            assertThat(finish(cache.async().get(1L))).isEqualTo("v");
        }
    }

    @Test
    void readThatJoinedALoadWhichWaitedForAnotherNode_looksAgainAfterThat() throws Exception {
        TieredCache<Long, String> cache = cache(builder -> builder.leaseTime(Duration.ofMillis(300)));
        redis.command("SET", "hf:async:l:{1}", "of a node that never answers", "PX", "60000");
        CompletableFuture<String> first =
                cache.async().get(1L); // Waits for that node, twice the lease time, then loads.
        CompletableFuture<String> second =
                cache.async().get(1L); // Looks after the lease time, when the first still waits.
        await().until(() -> asked.size() == 2);
        asked.get(1).complete("v");
        assertThat(finish(second)).isEqualTo("v");
        assertThat(first).as("its loader has not answered").isNotDone();
    }
}
