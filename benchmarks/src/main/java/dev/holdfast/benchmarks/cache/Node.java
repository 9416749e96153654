package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.Codec;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.TieredCacheBuilder;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * One node of a cache with a link of its own.
 *
 * @param <V> the value type
 */
final class Node<V> implements AutoCloseable {

    /** How long anything may take that is waited for before measuring. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Longer than any fill may be under way. */
    private static final Duration FILL_PATIENCE = Duration.ofSeconds(5);

    private final RedisLink link;
    private final TieredCache<Long, V> cache;

    /**
     * Opens a node.
     *
     * @param uri of Redis
     * @param name of the cache
     * @param settings all but the link
     */
    Node(String uri, String name, UnaryOperator<TieredCacheBuilder<Long, V>> settings) {
        link = RedisLink.connect(uri);
        try {
            cache = settings.apply(TieredCache.<Long, V>builder(name).redis(link))
                    .build();
        } catch (RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /** A node of a cache of numbers, which the benchmark gives a loader and whatever else it needs. */
    static Node<Long> ofNumbers(String uri, String name, UnaryOperator<TieredCacheBuilder<Long, Long>> settings) {
        return new Node<>(
                uri,
                name,
                builder -> settings.apply(builder.codec(Codec.longs())
                        .maximumSize(Items.MAXIMUM_SIZE)
                        .timeToLive(CaffeineFloor.TIME_TO_LIVE)));
    }

    TieredCache<Long, V> cache() {
        return cache;
    }

    RedisLink link() {
        return link;
    }

    /**
     * Waits until this node reads and fills tier 2.
     *
     * @param keys a key for every number from 1; each is read at most once
     * @return how many it has read
     */
    int awaitTier2(LongFunction<Long> keys) throws InterruptedException {
        long start = System.nanoTime();
        for (int read = 1; System.nanoTime() - start < PATIENCE.toNanos(); read++) {
            cache.get(keys.apply(read));
            CacheStats stats = cache.stats();
            if (stats.tier2Hits() > 0 || stats.fills() > 0) {
                return read;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new IllegalStateException("the cache does not use tier 2: " + cache.stats() + ", link " + link.state());
    }

    /** Waits until as many values were stored in tier 2, which nobody else waits for. */
    void awaitFills(long fills) throws InterruptedException {
        if (!reachesFills(fills)) {
            throw new IllegalStateException(
                    "not everything was stored in tier 2: " + cache.stats() + ", expected " + fills + " fills");
        }
    }

    /** The same; false if that does not come about while fills are under way. */
    boolean reachesFills(long fills) throws InterruptedException {
        long start = System.nanoTime();
        while (cache.stats().fills() < fills) {
            if (System.nanoTime() - start > FILL_PATIENCE.toNanos()) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return true;
    }

    @Override
    public void close() {
        cache.close();
        link.close();
    }
}
