package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.ItemReader;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.Codec;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.LinkState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One node of a two-tier cache of the items. */
final class CacheSide implements ItemReader, AutoCloseable {

    /** As all sides write and read items. */
    static final Codec<Item> CODEC = JsonCodec.of(Item.class);

    private static final int FILLED_AT_ONCE = 256;

    private final Items items;
    private final Node<Item> node;
    private final TieredCache<Long, Item> cache;

    /**
     * Opens a node.
     *
     * @param uri of Redis
     * @param maximumSize of tier 1
     */
    CacheSide(String uri, Items items, long maximumSize) {
        this.items = items;
        node = new Node<>(
                uri,
                "bench",
                builder -> builder.codec(CODEC)
                        .maximumSize(maximumSize)
                        .timeToLive(CaffeineFloor.TIME_TO_LIVE)
                        .loader(items::item)
                        .bulkLoader(keys -> {
                            Map<Long, Item> found = new LinkedHashMap<>();
                            keys.forEach(key -> found.put(key, items.item(key)));
                            return found;
                        }));
        cache = node.cache();
    }

    TieredCache<Long, Item> cache() {
        return cache;
    }

    /** Reads all items until one round of reading needs the source no more: then tier 1 or tier 2 has them. */
    void fill() throws InterruptedException {
        long start = System.nanoTime();
        awaitTier2();
        // What was loaded before this node had heard from Redis lives no longer than maxStale; and with all of it from
        // the
        // source, tier 1 holds the same objects as the raw client, which lie in memory in the same way.
        cache.clear();
        while (true) {
            CacheStats before = cache.stats();
            for (int n = 0; n < Items.COUNT / FILLED_AT_ONCE; n++) {
                cache.getAll(items.row(n, FILLED_AT_ONCE));
            }
            CacheStats after = cache.stats();
            if (after.misses() == before.misses() && node.link().state() == LinkState.UP) {
                return;
            }
            if (System.nanoTime() - start > Node.PATIENCE.toNanos()) {
                throw new IllegalStateException("after " + Node.PATIENCE.toSeconds()
                        + " s the cache still asks the source: " + after + ", link "
                        + node.link().state());
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
        return node.awaitTier2(read -> items.key(Items.COUNT - read));
    }

    @Override
    public Item get(Long key) {
        return cache.get(key);
    }

    @Override
    public Map<Long, Item> getAll(List<Long> keys) {
        return cache.getAll(keys);
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

    @Override
    public void close() {
        node.close();
    }

    @Override
    public String toString() {
        return "TieredCache";
    }
}
