package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.Codec;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One node of a two-tier cache of the items, with a link of its own. */
final class CacheSide implements AutoCloseable {

    /** As both sides write and read items. */
    static final Codec<Item> CODEC = JsonCodec.of(Item.class);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Items items;
    private final RedisLink link;
    private final TieredCache<Long, Item> cache;

    /**
     * Opens a node.
     *
     * @param uri of Redis
     * @param maximumSize of tier 1
     */
    CacheSide(String uri, Items items, long maximumSize) {
        this.items = items;
        link = RedisLink.connect(uri);
        cache = TieredCache.<Long, Item>builder("bench")
                .redis(link)
                .codec(CODEC)
                .maximumSize(maximumSize)
                .timeToLive(CaffeineFloor.TIME_TO_LIVE)
                .loader(items::item)
                .bulkLoader(keys -> {
                    Map<Long, Item> found = new LinkedHashMap<>();
                    keys.forEach(key -> found.put(key, items.item(key)));
                    return found;
                })
                .build();
    }

    TieredCache<Long, Item> cache() {
        return cache;
    }

    /** Reads all items until one round of reading needs the source no more: then tier 1 or tier 2 has them. */
    void fill() throws InterruptedException {
        long start = System.nanoTime();
        while (true) {
            CacheStats before = cache.stats();
            for (int n = 0; n < Items.COUNT; n++) {
                cache.get(items.key(n));
            }
            CacheStats after = cache.stats();
            if (after.misses() == before.misses() && link.state() == LinkState.UP) {
                return;
            }
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                throw new IllegalStateException("after " + PATIENCE.toSeconds() + " s the cache still asks the source: "
                        + after + ", link " + link.state());
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /**
     * Waits until this node reads tier 2, which must hold all items.
     *
     * @return how many items from the end it has read for that; none of the others is in tier 1
     */
    int awaitTier2() throws InterruptedException {
        long start = System.nanoTime();
        for (int read = 1; System.nanoTime() - start < PATIENCE.toNanos() && read < Items.COUNT; read++) {
            cache.get(items.key(Items.COUNT - read));
            if (cache.stats().tier2Hits() > 0) {
                return read;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new IllegalStateException("the cache does not read tier 2: " + cache.stats() + ", link " + link.state());
    }

    /** Looks items up in the random sequence; the digest is the number found. */
    Work hits() {
        return (first, operations) -> {
            long found = 0;
            for (long n = first; n < first + operations; n++) {
                if (cache.get(items.lookup(n)) != null) {
                    found++;
                }
            }
            return found;
        };
    }

    /** Reads item after item. */
    Work gets() {
        return (first, operations) -> {
            long digest = 0;
            for (long n = first; n < first + operations; n++) {
                digest = Items.digest(digest, cache.get(items.key(n)));
            }
            return digest;
        };
    }

    /** Reads rows of items. */
    Work rows(int size) {
        return (first, operations) -> {
            long digest = 0;
            for (long n = first; n < first + operations; n++) {
                for (Item item : cache.getAll(items.row(n, size)).values()) {
                    digest = Items.digest(digest, item);
                }
            }
            return digest;
        };
    }

    @Override
    public void close() {
        cache.close();
        link.close();
    }
}
