package dev.holdfast.ratelimit;

import java.time.Duration;
import java.util.Objects;

/**
 * How subjects are blocked that keep asking although they are refused.
 *
 * @param first how long the first block lasts; whole milliseconds, at least 1
 * @param longest what blocks grow to: each lasts twice as long as the one before
 * @param afterRefusals how many refusals within {@code forgetAfter} lead to a block; at least 1
 * @param forgetAfter how long without a block until one step of growth is forgotten
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
}
