package dev.holdfast.testkit.fault;

/** Spreads the bytes of one direction over time; belongs to the proxy's thread. */
final class Pace {

    /** Bytes are let through in portions of a fiftieth of a second, so that a slow line is slow evenly. */
    private static final int PORTIONS_PER_SECOND = 50;

    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * How much time that nobody used may be made up for. The loop comes a millisecond or two after its time; were that lost,
     * small messages would get a small part of the bandwidth.
     */
    private static final long CREDIT_NANOS = (long) NANOS_PER_SECOND / PORTIONS_PER_SECOND;

    private long nextFree = Long.MIN_VALUE;

    /** How many bytes may go now; 0 before {@link #nextFree()}. */
    int allowance(long now, long bytesPerSecond) {
        if (bytesPerSecond == Long.MAX_VALUE) {
            return Integer.MAX_VALUE;
        }
        if (nextFree != Long.MIN_VALUE && now - nextFree < 0) {
            return 0;
        }
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, bytesPerSecond / PORTIONS_PER_SECOND));
    }

    void sent(long now, int bytes, long bytesPerSecond) {
        if (bytesPerSecond != Long.MAX_VALUE) {
            long from = nextFree == Long.MIN_VALUE ? now : nextFree;
            if (now - from > CREDIT_NANOS) {
                from = now - CREDIT_NANOS;
            }
            nextFree = from + (long) (bytes * NANOS_PER_SECOND / bytesPerSecond);
        }
    }

    void forget() {
        nextFree = Long.MIN_VALUE;
    }

    long nextFree() {
        return nextFree;
    }
}
