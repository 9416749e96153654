package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One load per key for the whole fleet. */
class FleetTest extends SharedRedis {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void fiveNodesOf64Callers_missOneKey_loadItOnce() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        for (int n = 0; n < 5; n++) {
            node(builder -> builder.loader(key -> {
                String value = source.load(key);
                go.await();
                return value;
            }));
        }
        List<Future<String>> callers = new ArrayList<>();
        List<CompletableFuture<String>> futures = new ArrayList<>();
        for (Node node : nodes) {
            for (int i = 0; i < 32; i++) {
                callers.add(threads.submit(() -> node.get(1)));
                futures.add(node.cache.async().get(1L));
            }
        }
        await().until(() -> source.reads() == 1
                && nodes.stream().filter(node -> leasesBusy(node) > 0).count() == 4);
        go.countDown();
        for (Future<String> caller : callers) {
            assertThat(caller.get(20, TimeUnit.SECONDS)).isEqualTo("k1 v0");
        }
        for (CompletableFuture<String> future : futures) {
            assertThat(future.get(20, TimeUnit.SECONDS)).isEqualTo("k1 v0");
        }
        assertThat(source.reads()).isEqualTo(1);
    }

    private static double leasesBusy(Node node) {
        var registry = new SimpleMeterRegistry();
        node.cache.metrics().bindTo(registry);
        return registry.get("holdfast.cache.leases.busy").functionCounter().count();
    }

    @Test
    void bulkReads_ofOverlappingKeysOnTwoNodes_loadEachKeyOnce() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        for (int n = 0; n < 2; n++) {
            node(builder -> builder.bulkLoader(keys -> {
                Map<Long, String> loaded = source.loadAll(keys);
                calls.incrementAndGet();
                go.await();
                return loaded;
            }));
        }
        Future<Map<Long, String>> first =
                threads.submit(() -> nodes.get(0).cache.getAll(List.of(1L, 2L, 3L)));
        await().until(() -> calls.get() == 1);
        Future<Map<Long, String>> second =
                threads.submit(() -> nodes.get(1).cache.getAll(List.of(5L, 2L, 3L, 4L)));
        await().until(() -> calls.get() == 2);
        go.countDown();
        assertThat(first.get(20, TimeUnit.SECONDS)).containsOnlyKeys(1L, 2L, 3L);
        assertThat(second.get(20, TimeUnit.SECONDS).keySet()).containsExactly(5L, 2L, 3L, 4L);
        assertThat(source.reads()).isEqualTo(5);
    }

    @Test
    void loadingNode_thatDies_costsOneMoreLoadAfterItsLease() throws Exception {
        Node dying = node(builder -> builder.leaseTime(Duration.ofSeconds(1)));
        Node a = node(builder -> builder.leaseTime(Duration.ofSeconds(1)));
        Node b = node(builder -> builder.leaseTime(Duration.ofSeconds(1)));
        Pauses.Hold hold = dying.pauses.hold(Steps.Step.SOURCE_ANSWERED);
        CompletableFuture<String> lost = dying.getInBackground(1);
        hold.awaitReached();
        dying.link.close(); // It has the lease, and will neither fill nor give it back.
        List<CompletableFuture<String>> callers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            callers.add(a.getInBackground(1));
            callers.add(b.getInBackground(1));
        }
        for (CompletableFuture<String> caller : callers) {
            assertThat(Node.finish(caller)).isEqualTo("k1 v0");
        }
        assertThat(source.reads()).isEqualTo(2);
        hold.release();
        Node.finish(lost);
    }

    @Test
    void staleValue_isServedAtOnceByTheOtherNodes_whileOneLoads() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        UnaryOperator<TieredCacheBuilder<Long, String>> stale =
                builder -> builder.earlyRefresh(0).staleFor(Duration.ofMinutes(1));
        Node a = node(builder -> stale.apply(builder).loader(key -> {
            if (source.version(key) > 0) {
                go.await();
            }
            return source.load(key);
        }));
        Node b = node(stale);
        assertThat(a.get(1)).isEqualTo("k1 v0");
        await().until(() -> a.cache.stats().fills() == 1);
        assertThat(b.get(1)).isEqualTo("k1 v0");
        source.commit(1);
        a.cache.expire(1L);
        await().until(() -> a.cache.asMap().isEmpty() && b.cache.asMap().isEmpty());
        CompletableFuture<String> loading = a.getInBackground(1);
        await().until(() -> a.cache.stats().loads() == 2);
        assertThat(b.get(1)).isEqualTo("k1 v0");
        assertThat(b.cache.stats().staleServed()).isPositive();
        go.countDown();
        assertThat(Node.finish(loading)).isEqualTo("k1 v1");
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        assertThat(b.cache.stats().loads()).as("loads of the other node").isZero();
    }
}
