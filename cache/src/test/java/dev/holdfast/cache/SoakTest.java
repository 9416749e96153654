package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.redis.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Half an hour of churn over more keys than fit anywhere: nothing grows.
 *
 * <p>Minutes by {@code -Dsoak.minutes=30}; the heap that was promised by {@code -Dtest.heap=512m}.
 */
@Tag("nightly")
class SoakTest {
    private static final int KEYS = 10_000_000;

    private record Sample(long heap, int threads, long clients, long barriers) {}

    @Test
    @Timeout(value = 90, unit = TimeUnit.MINUTES)
    void churn_overTenMillionKeys_leavesHeapThreadsAndConnectionsFlat() throws Exception {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 30));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong operations = new AtomicLong();
        AtomicLong next = new AtomicLong();
        AtomicIntegerArray seen = new AtomicIntegerArray(KEYS / Integer.SIZE + 1);
        List<Sample> samples = new ArrayList<>();
        try (RedisServer redis =
                        RedisServer.builder().maxMemory("256mb", "volatile-lru").start();
                Node node = new Node(
                                redis.uri(),
                                new Source(),
                                builder -> builder.maximumSize(20_000)
                                        .timeToLive(Duration.ofMinutes(1))
                                        .staleFor(Duration.ofMinutes(1))
                                        .maximumBarriers(20_000)
                                        .maximumJournal(10_000)
                                        .replayWindow(Duration.ofSeconds(30))
                                        .detailedLoader(key ->
                                                Loaded.of("value of " + key).tags("t" + key % 1_000)))
                        .awaitInStep()) {
            List<CompletableFuture<Void>> callers = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                callers.add(node.inBackground(() -> churn(node, stop, operations, next, seen)));
            }
            long end = System.nanoTime() + length.toNanos();
            while (System.nanoTime() - end < 0) {
                TimeUnit.MILLISECONDS.sleep(
                        length.toMillis() / 20); // the distance of two samples, not a wait for anything
                samples.add(sample(redis, node));
            }
            stop.set(true);
            for (CompletableFuture<Void> caller : callers) {
                Node.finish(caller);
            }
            assertThat(redis.command("EVAL", """
                            local cursor, eternal = '0', 0
                            repeat
                              local page = redis.call('SCAN', cursor, 'COUNT', 1000)
                              cursor = page[1]
                              for _, key in ipairs(page[2]) do
                                if redis.call('TTL', key) == -1 then eternal = eternal + 1 end
                              end
                            until cursor == '0'
                            return eternal
                            """, "0").number())
                    .as("keys without a time to live: the control key")
                    .isEqualTo(1);
        }
        System.out.println("soak: " + operations.get() + " operations on " + distinct(seen) + " keys in " + length
                + " with at most " + (Runtime.getRuntime().maxMemory() >> 20) + " MB: " + samples);
        List<Sample> early = samples.subList(samples.size() / 4, samples.size() / 2);
        List<Sample> late = samples.subList(3 * samples.size() / 4, samples.size());
        assertThat(least(late)).as("live heap").isLessThan(least(early) + (32 << 20));
        assertThat(late.get(late.size() - 1).threads())
                .isLessThanOrEqualTo(early.get(0).threads() + 5);
        assertThat(late.get(late.size() - 1).clients())
                .isLessThanOrEqualTo(early.get(0).clients() + 1);
        assertThat(late).allSatisfy(sample -> assertThat(sample.barriers()).isLessThanOrEqualTo(20_000));
    }

    private static void churn(
            Node node, AtomicBoolean stop, AtomicLong operations, AtomicLong next, AtomicIntegerArray seen) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (!stop.get()) {
            if (operations.getAndIncrement() % 8 == 0) {
                walk(node, next, seen);
                continue;
            }
            long key = (long) (KEYS * Math.pow(random.nextDouble(), 3)); // the first ones much more often
            see(seen, key);
            switch (random.nextInt(100)) {
                case 0 -> node.cache.invalidate(key);
                case 1 -> node.cache.invalidateTag("t" + key % 1_000);
                case 2 -> node.cache.put(key, "put " + key);
                case 3 -> node.cache.getAll(List.of(key, key + 1, key + 2));
                case 4 -> node.cache.expire(key);
                case 5 -> node.cache.async().get(key).join();
                default -> node.get(key);
            }
        }
    }

    /** Each key in its turn, a hundred at a time. */
    private static void walk(Node node, AtomicLong next, AtomicIntegerArray seen) {
        long first = next.getAndAdd(100);
        List<Long> keys = LongStream.range(first, first + 100)
                .map(key -> key % KEYS)
                .boxed()
                .toList();
        keys.forEach(key -> see(seen, key));
        node.cache.getAll(keys);
    }

    private static void see(AtomicIntegerArray seen, long key) {
        seen.accumulateAndGet((int) (key / Integer.SIZE), 1 << key % Integer.SIZE, (bits, bit) -> bits | bit);
    }

    private static int distinct(AtomicIntegerArray seen) {
        return IntStream.range(0, seen.length())
                .map(word -> Integer.bitCount(seen.get(word)))
                .sum();
    }

    private static Sample sample(RedisServer redis, Node node) {
        System.gc(); // What is left afterwards is what is held.
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        long clients = Long.parseLong(redis.info("connected_clients").orElseThrow());
        long barriers = node.cache.coherence().barriers().size();
        return new Sample(heap, threads, clients, barriers);
    }

    private static long least(List<Sample> samples) {
        return samples.stream().mapToLong(Sample::heap).min().orElseThrow();
    }
}
