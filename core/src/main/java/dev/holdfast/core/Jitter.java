package dev.holdfast.core;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Spreads durations at random, so that things which start together do not end together.
 *
 * <p>Immutable and thread-safe. A fraction of 0.1 spreads 10 s over 9 s to 10 s: a deadline is only ever shortened, so
 * that whoever asked for it can rely on it as an upper bound.
 */
public final class Jitter {
    private static final Jitter NONE = new Jitter(0, () -> 0);

    private final double fraction;
    private final DoubleSupplier random;

    private Jitter(double fraction, DoubleSupplier random) {
        this.fraction = fraction;
        this.random = random;
    }

    /**
     * No spread at all.
     *
     * @return a jitter that returns what it is given
     */
    public static Jitter none() {
        return NONE;
    }

    /**
     * A spread by a fraction of each duration.
     *
     * @param fraction the largest part to take away, from 0 (nothing) to 1 (anything)
     * @return the jitter
     * @throws IllegalArgumentException if the fraction is not within 0..1
     */
    public static Jitter of(double fraction) {
        return of(fraction, () -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * A spread with a chosen source of randomness, for tests.
     *
     * @param fraction the largest part to take away, from 0 to 1
     * @param random gives values from 0 (inclusive) to 1 (exclusive); called on the thread that asks for a duration
     * @return the jitter
     * @throws IllegalArgumentException if the fraction is not within 0..1
     */
    public static Jitter of(double fraction, DoubleSupplier random) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException(
                    "jitter " + fraction + " is not within 0..1: use a fraction such as 0.1");
        }
        return new Jitter(fraction, random);
    }

    /**
     * Shortens a duration at random.
     *
     * @param duration the upper bound
     * @return at least {@code duration × (1 − fraction)}, at most {@code duration}
     */
    public Duration apply(Duration duration) {
        return Duration.ofNanos(applyNanos(duration.toNanos()));
    }

    /**
     * Shortens a number of nanoseconds at random, without allocation.
     *
     * @param nanos the upper bound in nanoseconds
     * @return at least {@code nanos × (1 − fraction)}, at most {@code nanos}
     */
    public long applyNanos(long nanos) {
        return fraction == 0 ? nanos : nanos - (long) (nanos * fraction * random.getAsDouble());
    }
}
