package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Loads that need each other, across keys, threads, caches and nodes: none waits for one that waits for it. A lease lasts
 * longer than the tests may take, so that none of them is saved by its end.
 */
@Tag("stress")
class NestedLoadsStressTest {
    private static final int THREADS = 6;
    private static final int KEYS = 4;
    private static final Duration FOR_EVER = Duration.ofMinutes(10);

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final List<List<TieredCache<Long, String>>> nodes = new ArrayList<>();
    private boolean futures = true;

    @AfterEach
    void stop() throws InterruptedException {
        nodes.forEach(caches -> caches.forEach(TieredCache::close));
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Some caches whose loaders ask these caches for other keys, most of the time. */
    @SafeVarargs
    private void node(RedisLink link, UnaryOperator<TieredCacheBuilder<Long, String>>... changes) {
        List<TieredCache<Long, String>> caches = new CopyOnWriteArrayList<>();
        nodes.add(caches);
        for (UnaryOperator<TieredCacheBuilder<Long, String>> change : changes) {
            caches.add(change.apply(TieredCache.<Long, String>builder("cache" + caches.size())
                            .redis(link)
                            .codec(Codec.string())
                            .maximumSize(100)
                            .leaseTime(FOR_EVER)
                            .replayWindow(FOR_EVER.plusMinutes(1))
                            .loader(key -> {
                                ThreadLocalRandom random = ThreadLocalRandom.current();
                                if (random.nextInt(3) > 0) {
                                    ask(caches, (key + 1 + random.nextInt(KEYS - 1)) % KEYS);
                                }
                                return "v" + key;
                            }))
                    .build());
        }
        await().atMost(30, TimeUnit.SECONDS)
                .until(() -> link.state() == LinkState.DISABLED
                        || caches.stream().allMatch(cache -> ((CoherentCache<?, ?>) cache).tier2Open()));
    }

    private void ask(List<TieredCache<Long, String>> caches, long key) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        TieredCache<Long, String> cache = caches.get(random.nextInt(caches.size()));
        try {
            switch (random.nextInt(6)) {
                case 0, 1 ->
                    assertThat(cache.getAll(List.of(key, (key + 2) % KEYS))).hasSize(2);
                case 2 -> {
                    // Inside a loader that would be a wait which nobody can know of.
                    if (futures && !Reading.nested()) {
                        assertThat(cache.async().get(key).join()).isEqualTo("v" + key);
                    }
                }
                default -> assertThat(cache.get(key)).isEqualTo("v" + key);
            }
        } catch (IllegalStateException | CacheLoadException | CompletionException e) {
            assertThat(e).hasStackTraceContaining("asks the cache for the same key");
        }
    }

    private void run(int rounds) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            running.add(threads.submit(() -> {
                for (int i = 0; i < rounds; i++) {
                    ThreadLocalRandom random = ThreadLocalRandom.current();
                    List<TieredCache<Long, String>> caches = nodes.get(random.nextInt(nodes.size()));
                    ask(caches, random.nextLong(KEYS));
                    caches.get(random.nextInt(caches.size())).invalidate(random.nextLong(KEYS));
                }
            }));
        }
        for (Future<?> one : running) {
            one.get(30, TimeUnit.SECONDS);
        }
        assertThat((Map<?, ?>) waiting()).as("threads noted as waiting").isEmpty();
    }

    private static ConcurrentHashMap<?, ?> waiting() throws ReflectiveOperationException {
        var field = Flights.class.getDeclaredField("WAITING");
        field.setAccessible(true);
        return (ConcurrentHashMap<?, ?>) field.get(null);
    }

    @Test
    void loads_ofTwoCachesOfOneNode_end() throws Exception {
        node(RedisLink.disabled(), builder -> builder, builder -> builder);
        run(2_000);
    }

    @Test
    void loads_handedToThreads_end() throws Exception {
        node(RedisLink.disabled(), builder -> builder.hardTimeout(FOR_EVER), builder -> builder);
        run(1_000);
    }

    @Test
    void loads_handedToASingleThread_end() throws Exception {
        futures = false; // They have no other thread to run on.
        ExecutorService one = Executors.newSingleThreadExecutor();
        node(RedisLink.disabled(), builder -> builder.hardTimeout(FOR_EVER).executor(one), builder -> builder);
        try {
            run(1_000);
        } finally {
            one.shutdownNow();
        }
    }

    @Test
    void loads_ofWhichOneMayRunAtATime_end() throws Exception {
        node(RedisLink.disabled(), builder -> builder.maximumLoads(1), builder -> builder.maximumLoads(1));
        run(1_000);
    }

    @Test
    void loads_ofTwoNodesThatHoldEachOthersLeases_end() throws Exception {
        try (RedisServer redis = RedisServers.standalone();
                RedisLink one = RedisLink.connect(redis.uri());
                RedisLink other = RedisLink.connect(redis.uri())) {
            node(one, builder -> builder, builder -> builder);
            node(other, builder -> builder, builder -> builder.maximumLoads(1));
            run(150);
        }
    }
}
