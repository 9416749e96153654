package dev.holdfast.ratelimit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Objects;

/**
 * How subjects are blocked that keep asking although they are refused: in the whole fleet, since the block is kept in Redis
 * and is counted and imposed by the same call that checks the limits.
 *
 * <p>Every refusal by a limit counts once. What is asked during a block is refused, but does not count and does not prolong
 * it. Immutable and thread-safe; durations count in whole milliseconds, parts of one are cut off.
 *
 * @param first how long the first block lasts; 1 ms to 31 days
 * @param longest what blocks grow to: each lasts twice as long as the one before; 1 ms to 31 days, not below {@code first}
 * @param afterRefusals how many refusals, within {@code forgetAfter} of the first of them, lead to a block; at least 1
 * @param forgetAfter how long after a block until one doubling is forgotten; 1 ms to 31 days
 */
public record Penalty(Duration first, Duration longest, int afterRefusals, Duration forgetAfter) {
    /**
     * Checks the components.
     *
     * @throws IllegalArgumentException if a duration is not positive or the longest is shorter than the first
     */
    public Penalty {
        positive("first", first);
        positive("longest", longest);
        positive("forgetAfter", forgetAfter);
        if (longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "longest " + longest + " < first " + first + ": raise longest, or lower first");
        }
        if (afterRefusals < 1) {
            throw new IllegalArgumentException("afterRefusals " + afterRefusals + " < 1: give at least 1");
        }
    }

    private static void positive(String name, Duration duration) {
        Objects.requireNonNull(duration, name);
        if (duration.compareTo(Duration.ofMillis(1)) < 0 || duration.compareTo(Limit.LONGEST) > 0) {
            throw new IllegalArgumentException(name + " " + duration
                    + " is not between 1 ms and 31 days: give something like Duration.ofMinutes(1)");
        }
    }

    /**
     * Blocks that always last as long.
     *
     * @param duration how long
     * @return a penalty that blocks at the first refusal
     */
    public static Penalty fixed(Duration duration) {
        return escalating(duration, duration);
    }

    /**
     * Blocks that double each time; after twice the longest one without a block, one doubling is forgotten.
     *
     * @param first how long the first block lasts
     * @param longest what they grow to
     * @return a penalty that blocks at the first refusal
     */
    public static Penalty escalating(Duration first, Duration longest) {
        Duration forget = longest.multipliedBy(2);
        return new Penalty(first, longest, 1, forget.compareTo(Limit.LONGEST) > 0 ? Limit.LONGEST : forget);
    }

    /**
     * Lets some refusals pass before the block.
     *
     * @param refusals at least 1
     * @return a penalty that blocks at that refusal
     */
    public Penalty afterRefusals(int refusals) {
        return new Penalty(first, longest, refusals, forgetAfter);
    }

    long firstMicros() {
        return first.toMillis() * 1_000;
    }

    long longestMicros() {
        return longest.toMillis() * 1_000;
    }

    long forgetMicros() {
        return forgetAfter.toMillis() * 1_000;
    }

    /** As the script takes it, after the limits: four unsigned integers of 4 bytes, times in milliseconds. */
    byte[] encoded() {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) first.toMillis())
                .putInt((int) longest.toMillis())
                .putInt(afterRefusals)
                .putInt((int) forgetAfter.toMillis())
                .array();
    }
}
