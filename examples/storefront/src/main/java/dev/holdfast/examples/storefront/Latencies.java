package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations in buckets whose width is at most 1/64 of their value: fixed memory, exact to 1.6 %. Thread-safe.
 */
final class Latencies {
    /** Buckets per doubling, as a power of two. */
    private static final int PRECISION = 6;

    private static final long MAX_MICROS = TimeUnit.HOURS.toMicros(1);
    private static final int BUCKETS = bucket(MAX_MICROS) + 1;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

    void record(long nanos) {
        counts.incrementAndGet(bucket(Math.min(nanos / 1000, MAX_MICROS)));
    }

    /**
     * The duration that a share of all recorded ones did not exceed.
     *
     * @param share above 0, at most 1
     * @return upper end of the bucket; zero if nothing was recorded
     */
    Duration quantile(double share) {
        long total = 0;
        long[] copy = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            copy[i] = counts.get(i);
            total += copy[i];
        }
        long rank = (long) Math.ceil(share * total);
        long seen = 0;
        for (int i = 0; i < BUCKETS && rank > 0; i++) {
            seen += copy[i];
            if (seen >= rank) {
                return Duration.of(upperEnd(i), ChronoUnit.MICROS);
            }
        }
        return Duration.ZERO;
    }

    private static int bucket(long micros) {
        int shift = Math.max(0, 63 - PRECISION - Long.numberOfLeadingZeros(micros));
        return (shift << PRECISION) + (int) (micros >>> shift);
    }

    private static long upperEnd(int bucket) {
        int shift = Math.max(0, (bucket >>> PRECISION) - 1);
        return ((bucket - ((long) shift << PRECISION) + 1) << shift) - 1;
    }
}
