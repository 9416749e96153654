package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.CacheStats;

/** Makes sure that what was measured were hits in tier 1, and that they gave every item as it is. */
final class Tier1Only {

    private final CacheSide side;
    private final Items items;
    private final long others;

    /** From now on. */
    Tier1Only(CacheSide side, Items items) throws Exception {
        this.side = side;
        this.items = items;
        side.verify(items);
        others = others(side.cache().stats());
    }

    private static long others(CacheStats stats) {
        return stats.misses() + stats.tier2Hits();
    }

    /** Refuses if anything came from anywhere else. */
    void check() throws Exception {
        if (others(side.cache().stats()) != others) {
            throw new IllegalStateException(
                    "not all of these were hits in tier 1: " + side.cache().stats());
        }
        side.verify(items);
    }
}
