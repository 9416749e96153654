package dev.holdfast.testkit.fault;

/** Spreads the bytes of one direction over time; belongs to the proxy's thread. */
final class Pace {

    /** Bytes are let through in portions of a fiftieth of a second, so that a slow line is slow evenly. */
    private static final int PORTIONS_PER_SECOND = 50;

    private static final double NANOS_PER_SECOND = 1e9;

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
            long from = nextFree == Long.MIN_VALUE || now - nextFree > 0 ? now : nextFree;
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
