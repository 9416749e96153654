package dev.holdfast.cache;

/**
 * Counters of one cache on this node since it was built; taken without a lock, so they may be a few counts apart.
 *
 * @param tier1Hits reads answered by tier 1
 * @param tier2Hits reads answered by tier 2
 * @param misses reads that needed the source
 * @param loads keys asked of the source by this node
 * @param loadFailures keys for which the source failed
 * @param tier2Failures operations on tier 2 that failed or were refused
 * @param undecodable tier-2 values that were not in a known format, corrupt, or another key's
 * @param fills values stored in tier 2
 * @param fillsRefused values that tier 2 did not take, since the key changed during the load
 * @param invalidationsSent keys, tags and prefixes invalidated or expired by this node
 * @param invalidationsReceived those that other nodes or a repair invalidated here
 * @param reissued keys invalidated again after a reconnect, a failover or a flush
 * @param repairs readings of the barrier log that found something missed
 * @param staleServed reads answered with a stale value, since the source was slow, failed or is being asked by another node
 * @param earlyRefreshes values loaded again in the background before they ended
 * @param evictions entries that tier 1 gave up to stay within its bound
 * @param tier1Size entries in tier 1 now, estimated
 */
public record CacheStats(
        long tier1Hits,
        long tier2Hits,
        long misses,
        long loads,
        long loadFailures,
        long tier2Failures,
        long undecodable,
        long fills,
        long fillsRefused,
        long invalidationsSent,
        long invalidationsReceived,
        long reissued,
        long repairs,
        long staleServed,
        long earlyRefreshes,
        long evictions,
        long tier1Size) {

    /**
     * All reads.
     *
     * @return hits of both tiers, stale ones, and misses
     */
    public long reads() {
        return tier1Hits + tier2Hits + staleServed + misses;
    }

    /**
     * Share of reads that did not need the source.
     *
     * @return 0 to 1; 0 if nothing was read yet
     */
    public double hitRate() {
        long reads = reads();
        return reads == 0 ? 0 : (double) (reads - misses) / reads;
    }
}
