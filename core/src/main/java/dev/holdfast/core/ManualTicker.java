package dev.holdfast.core;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when told to, for tests of whatever takes a {@link Ticker}; thread-safe. */
public final class ManualTicker implements Ticker {
    private final AtomicLong nanos;

    /** Creates a clock that stands close to the wrap-around of {@code long}, where careless comparisons break. */
    public ManualTicker() {
        this(Long.MAX_VALUE - Duration.ofMinutes(1).toNanos());
    }

    /**
     * Creates a clock.
     *
     * @param startNanos its first reading
     */
    public ManualTicker(long startNanos) {
        this.nanos = new AtomicLong(startNanos);
    }

    /**
     * Moves the clock.
     *
     * @param by how far; not negative
     * @throws IllegalArgumentException if {@code by} is negative
     */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("by " + by + " is negative: a monotonic clock only moves forward");
        }
        nanos.addAndGet(by.toNanos());
    }

    @Override
    public long read() {
        return nanos.get();
    }
}
