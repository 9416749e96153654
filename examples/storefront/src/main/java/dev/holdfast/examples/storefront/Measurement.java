package dev.holdfast.examples.storefront;

import java.time.Duration;

/**
 * What one path did under traffic.
 *
 * @param path the path
 * @param elapsed how long the traffic ran
 * @param requests answered with 200
 * @param p50 time in which half of them were answered
 * @param p95 time in which 95 % of them were answered
 * @param p99 time in which 99 % of them were answered
 * @param statements sent to the database, by requests and by whatever ran in their wake
 * @param hits where the caches found things
 * @param errors requests without an answer, or with another status
 * @param staleReads answers older than what the same visitor had written before
 * @param firstError the first of either; empty if there was none
 */
public record Measurement(
        ShopPath path,
        Duration elapsed,
        long requests,
        Duration p50,
        Duration p95,
        Duration p99,
        long statements,
        TierHits hits,
        long errors,
        long staleReads,
        String firstError) {

    /**
     * Throughput.
     *
     * @return answered requests per second
     */
    public double requestsPerSecond() {
        return requests / (elapsed.toNanos() / 1e9);
    }

    /**
     * Load on the database.
     *
     * @return statements per answered request; 0 without requests
     */
    public double statementsPerRequest() {
        return requests == 0 ? 0 : (double) statements / requests;
    }

    /**
     * Whether every request was answered, and no answer was stale.
     *
     * @return true if so, and there was at least one
     */
    public boolean flawless() {
        return requests > 0 && errors == 0 && staleReads == 0;
    }
}
