package dev.holdfast.benchmarks.jmh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.redis.RedisLink;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A hit in the first tier beside raw Caffeine. With {@code -prof gc} also the bytes; with {@code -t 2} two threads. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class Tier1HitBenchmark {

    private final Items items = new Items();
    private CaffeineFloor expiring;
    private Cache<Long, Item> bounded;
    private TieredCache<Long, Item> tiered;

    /** The place of one thread in the sequence of look-ups. */
    @State(Scope.Thread)
    public static class Position {
        private long next = Thread.currentThread().getId() * 7919;
    }

    /** Fills the caches. */
    @Setup
    public void fill() {
        expiring = new CaffeineFloor(items);
        bounded = Caffeine.newBuilder().maximumSize(Items.MAXIMUM_SIZE).build();
        for (int i = 0; i < Items.COUNT; i++) {
            Long key = items.key(i);
            bounded.put(key, items.item(key));
        }
        bounded.cleanUp();
        tiered = TieredCache.<Long, Item>builder("bench")
                .redis(RedisLink.disabled())
                .maximumSize(Items.MAXIMUM_SIZE)
                .timeToLive(CaffeineFloor.TIME_TO_LIVE)
                .loader(items::item)
                .build();
        for (int i = 0; i < Items.COUNT; i++) {
            tiered.get(items.key(i));
        }
    }

    /** Ends the thread of the cache. */
    @TearDown
    public void close() {
        tiered.close();
    }

    /** The two-tier cache. */
    @Benchmark
    public Item holdfast(Position position) {
        return tiered.get(items.lookup(position.next++));
    }

    /** Bounded by size and with {@code expireAfterWrite}. */
    @Benchmark
    public Item caffeineExpiring(Position position) {
        return expiring.get(items.lookup(position.next++));
    }

    /** Bounded by size only. */
    @Benchmark
    public Item caffeineBounded(Position position) {
        return bounded.getIfPresent(items.lookup(position.next++));
    }
}
