package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.NoLeaks;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Futures of reads that meet invalidations, cancellations and the end of their cache: every future ends, none with a value
 * older than what was invalidated before it was asked for, no load keeps its place, and no thread outlives its cache.
 */
@Tag("stress")
@NoLeaks
class AsyncStressTest {
    private static final int KEYS = 3;
    private static final int THREADS = 4;

    private final Source source = new Source();
    private final ExecutorService callers = Executors.newFixedThreadPool(THREADS);
    private final ExecutorService loads = Executors.newFixedThreadPool(2);

    @AfterEach
    void stopThreads() throws InterruptedException {
        callers.shutdownNow();
        loads.shutdownNow();
        assertThat(callers.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(loads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** One node: what was asked of it, and what its invalidations have made the oldest that it may answer. */
    private final class Asked {
        final CoherentCache<Long, String> cache;
        final AtomicLongArray invalidated = new AtomicLongArray(KEYS);
        final Queue<Read> reads = new ConcurrentLinkedQueue<>();

        Asked(RedisLink link, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
            cache = (CoherentCache<Long, String>) change.apply(TieredCache.<Long, String>builder("asked")
                            .redis(link)
                            .codec(Codec.string())
                            .maximumSize(100)
                            .maximumLoads(2)
                            .retryAfter(Duration.ZERO)
                            .asyncLoader(this::load))
                    .build();
        }

        /** At once or later, with a value or a failure, on any thread. */
        private CompletionStage<String> load(Long key) throws Exception {
            return switch (ThreadLocalRandom.current().nextInt(8)) {
                case 0 -> CompletableFuture.completedFuture(source.load(key));
                case 1 -> throw new IOException("away");
                case 2 -> CompletableFuture.failedFuture(new IllegalStateException("away later"));
                case 3 -> throw new AssertionError("a defect of the loader");
                default -> CompletableFuture.supplyAsync(() -> source.load(key), loads);
            };
        }

        void act(ThreadLocalRandom random) {
            long key = random.nextInt(KEYS);
            int what = random.nextInt(16);
            try {
                if (what < 9) {
                    long least = invalidated.get((int) key);
                    CompletableFuture<@Nullable String> read = what < 3
                            ? cache.async().get(key, this::load)
                            : cache.async().get(key);
                    reads.add(new Read(key, least, read));
                    if (what < 2) {
                        read.cancel(false);
                    }
                } else if (what < 11) {
                    long[] least = {invalidated.get(0), invalidated.get(1)};
                    CompletableFuture<Map<Long, String>> all = cache.async().getAll(List.of(0L, 1L));
                    reads.add(new Read(0, least[0], all.thenApply(found -> found.get(0L))));
                    reads.add(new Read(1, least[1], all.thenApply(found -> found.get(1L))));
                } else if (what < 14) {
                    source.commit(key);
                    long version = source.version(key);
                    if (random.nextBoolean()) {
                        cache.invalidate(key);
                    } else {
                        cache.async().clear().join();
                    }
                    invalidated.accumulateAndGet((int) key, version, Math::max);
                } else {
                    long least = invalidated.get((int) key);
                    String value = cache.get(key);
                    reads.add(new Read(key, least, CompletableFuture.completedFuture(value)));
                }
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("is closed");
            } catch (CacheLoadException e) {
                // What the loader threw.
            } catch (AssertionError e) {
                assertThat(e).hasMessage("a defect of the loader");
            }
        }

        /** With a value that is new enough, or with what the asynchronous view says it throws. */
        void assertEveryReadEnded(double shareOfValues) throws Exception {
            int values = 0;
            for (Read read : reads) {
                try {
                    String value = read.future.get(10, TimeUnit.SECONDS);
                    assertThat(Source.version(value)).isGreaterThanOrEqualTo(read.least);
                    values++;
                } catch (CancellationException e) {
                    assertThat(read.future).isCancelled();
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(CacheLoadException.class);
                }
            }
            assertThat(values).as("reads that had a value").isGreaterThanOrEqualTo((int)
                    (reads.size() * shareOfValues));
        }
    }

    private record Read(long key, long least, CompletableFuture<@Nullable String> future) {}

    private void run(List<Asked> nodes, int rounds) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            running.add(callers.submit(() -> {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                for (int i = 0; i < rounds; i++) {
                    nodes.get(random.nextInt(nodes.size())).act(random);
                }
            }));
        }
        for (Future<?> one : running) {
            one.get(60, TimeUnit.SECONDS);
        }
    }

    /** No load holds its place any more, or these would wait for it. */
    private static void assertNothingIsHeld(CoherentCache<Long, String> cache) throws Exception {
        List<CompletableFuture<String>> more = new ArrayList<>();
        for (long key = 100; key < 110; key++) {
            more.add(cache.async().get(key, asked -> CompletableFuture.completedFuture("k v1")));
        }
        for (CompletableFuture<String> one : more) {
            assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo("k v1");
        }
    }

    @Test
    void reads_onOneNode_endWhateverCrossesThem() throws Exception {
        Asked node = new Asked(RedisLink.disabled(), builder -> builder);
        try (node.cache) {
            run(List.of(node), 4_000);
            node.assertEveryReadEnded(0.1);
            assertNothingIsHeld(node.cache);
        }
    }

    @Test
    void reads_thatMeetTheEndOfTheirCache_end() throws Exception {
        for (int round = 0; round < 40; round++) {
            boolean inBulk = round % 2 == 0;
            Asked node =
                    new Asked(RedisLink.disabled(), builder -> inBulk ? builder.bulkLoader(source::loadAll) : builder);
            Future<?> end = callers.submit(() -> {
                Waiting.millis(ThreadLocalRandom.current().nextInt(3));
                node.cache.close();
            });
            run(List.of(node), 50);
            end.get(10, TimeUnit.SECONDS);
            node.assertEveryReadEnded(0);
            assertThat(node.cache.stats().tier1Size()).isZero();
        }
    }

    @Test
    void reads_onNodesThatWaitForEachOther_endWhateverBecomesOfTheirConnections() throws Exception {
        try (RedisServer redis = RedisServers.standalone();
                RedisLink one = link(redis);
                RedisLink other = link(redis)) {
            UnaryOperator<TieredCacheBuilder<Long, String>> brief =
                    builder -> builder.leaseTime(Duration.ofMillis(100)).heartbeat(Duration.ofMillis(50));
            Asked a = new Asked(one, brief);
            Asked b = new Asked(other, brief);
            try (a.cache;
                    b.cache) {
                Future<?> faults = loads.submit(() -> {
                    for (int i = 0; i < 10; i++) {
                        Waiting.millis(50);
                        redis.command("CLIENT", "KILL", "TYPE", i % 2 == 0 ? "normal" : "pubsub");
                    }
                });
                run(List.of(a, b), 800);
                faults.get(10, TimeUnit.SECONDS);
                a.assertEveryReadEnded(0.1);
                b.assertEveryReadEnded(0.1);
                assertNothingIsHeld(a.cache);
                assertNothingIsHeld(b.cache);
            }
        }
    }

    private static RedisLink link(RedisServer redis) {
        return RedisLink.builder(redis.uri())
                .commandTimeout(Duration.ofMillis(500))
                .reconnect(Duration.ofMillis(5), Duration.ofMillis(50))
                .connect();
    }
}
