package dev.holdfast.core;

import java.time.Duration;

/**
 * Delays between attempts: exponential growth to a cap, with full jitter.
 *
 * <p>Attempt n waits between zero and {@code min(cap, first × 2ⁿ)}, as in Brooker, "Exponential Backoff and Jitter", AWS
 * Architecture Blog, 2015. A floor of one tenth keeps a lucky draw from becoming a tight loop. Immutable and thread-safe.
 */
public final class Backoff {
    private final long firstNanos;
    private final long capNanos;
    private final Jitter jitter;

    private Backoff(long firstNanos, long capNanos, Jitter jitter) {
        this.firstNanos = firstNanos;
        this.capNanos = capNanos;
        this.jitter = jitter;
    }

    /**
     * A backoff with full jitter.
     *
     * @param first bound of the first delay; positive
     * @param cap bound of every delay; at least {@code first}
     * @return the backoff
     * @throws IllegalArgumentException if {@code first} is not positive or exceeds {@code cap}
     */
    public static Backoff exponential(Duration first, Duration cap) {
        return exponential(first, cap, Jitter.of(0.9));
    }

    /**
     * A backoff with a chosen jitter.
     *
     * @param first bound of the first delay; positive
     * @param cap bound of every delay; at least {@code first}
     * @param jitter how delays are spread
     * @return the backoff
     * @throws IllegalArgumentException if {@code first} is not positive or exceeds {@code cap}
     */
    public static Backoff exponential(Duration first, Duration cap, Jitter jitter) {
        if (first.isNegative() || first.isZero()) {
            throw new IllegalArgumentException("first delay " + first + " is not positive: use e.g. PT0.05S");
        }
        if (first.compareTo(cap) > 0) {
            throw new IllegalArgumentException(
                    "first delay " + first + " > cap " + cap + ": lower the first delay or raise the cap");
        }
        return new Backoff(first.toNanos(), cap.toNanos(), jitter);
    }

    /**
     * The delay before an attempt.
     *
     * @param attempt how many attempts failed since the last success, from 0
     * @return how long to wait
     * @throws IllegalArgumentException if {@code attempt} is negative
     */
    public Duration delay(int attempt) {
        if (attempt < 0) {
            throw new IllegalArgumentException("attempt " + attempt + " is negative: count from 0");
        }
        long bound = attempt >= 62 || firstNanos > (capNanos >> attempt) ? capNanos : firstNanos << attempt;
        return Duration.ofNanos(jitter.applyNanos(bound));
    }
}
