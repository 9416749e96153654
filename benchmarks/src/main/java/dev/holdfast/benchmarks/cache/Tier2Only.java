package dev.holdfast.benchmarks.cache;

import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.TieredCache;

/** Makes sure that what was measured were hits in tier 2. */
final class Tier2Only {

    private static final double TOLERATED = 0.001;

    private final TieredCache<?, ?> cache;
    private final CacheStats before;

    /** From now on. */
    Tier2Only(TieredCache<?, ?> cache) {
        this.cache = cache;
        before = cache.stats();
    }

    /** Refuses if anything came from the source, or more than one read in a thousand from tier 1. */
    void check() {
        CacheStats after = cache.stats();
        long reads = after.reads() - before.reads();
        long tier1 = after.tier1Hits() - before.tier1Hits();
        if (after.misses() > before.misses() || tier1 > reads * TOLERATED) {
            throw new IllegalStateException("these were not all hits in tier 2: before " + before + ", after " + after);
        }
    }
}
