package dev.holdfast.examples.storefront;

/**
 * Where the caches found what was asked of them.
 *
 * @param tier1 values found in the process
 * @param tier2 values found in Redis
 * @param misses values found in neither
 */
public record TierHits(long tier1, long tier2, long misses) {
    static final TierHits NONE = new TierHits(0, 0, 0);

    TierHits plus(TierHits other) {
        return new TierHits(tier1 + other.tier1, tier2 + other.tier2, misses + other.misses);
    }

    TierHits minus(TierHits other) {
        return new TierHits(tier1 - other.tier1, tier2 - other.tier2, misses - other.misses);
    }

    /**
     * Share of the look-ups that the process itself answered.
     *
     * @return 0 to 1; 0 without look-ups
     */
    public double tier1Rate() {
        long asked = tier1 + tier2 + misses;
        return asked == 0 ? 0 : (double) tier1 / asked;
    }

    /**
     * Share of the look-ups that reached Redis and were answered there.
     *
     * @return 0 to 1; 0 if none got that far
     */
    public double tier2Rate() {
        long asked = tier2 + misses;
        return asked == 0 ? 0 : (double) tier2 / asked;
    }
}
