package dev.holdfast.benchmarks;

import java.util.Locale;

/**
 * What a measured value is held against.
 *
 * @param id short name, as printed: {@code tier1-hit}
 * @param direction on which side of the bound a value is good
 * @param bound the bound, in the unit of the value: a ratio, or a count
 */
public record Target(String id, Direction direction, double bound) {

    /** On which side of its bound a value is good. */
    public enum Direction {
        /** The value is good up to the bound. */
        AT_MOST("<="),
        /** The value is good from the bound on. */
        AT_LEAST(">="),
        /** Only the bound itself is good; for counts, which have no noise. */
        EXACTLY("=");

        private final String symbol;

        Direction(String symbol) {
            this.symbol = symbol;
        }
    }

    /** What comes out of holding a value against a target. */
    public enum Verdict {
        /** The target is met, or the noise does not allow to say that it is missed. */
        PASS("PASS"),
        /** The target is missed beyond what noise explains. */
        FALL_SHORT("FALL-SHORT");

        private final String label;

        Verdict(String label) {
            this.label = label;
        }

        /** As printed. */
        public String label() {
            return label;
        }
    }

    /** Checks the components. */
    public Target {
        if (!id.matches("[a-z0-9][a-z0-9-]*")) {
            throw new IllegalArgumentException("target id '" + id + "': use lower-case letters, digits and hyphens");
        }
        if (!Double.isFinite(bound) || bound < 0) {
            throw new IllegalArgumentException("bound " + bound + " of target " + id + ": must be finite and >= 0");
        }
    }

    /** A ratio or count that may not exceed the bound. */
    public static Target atMost(String id, double bound) {
        return new Target(id, Direction.AT_MOST, bound);
    }

    /** A ratio or count that must reach the bound. */
    public static Target atLeast(String id, double bound) {
        return new Target(id, Direction.AT_LEAST, bound);
    }

    /** A count that must be the bound. */
    public static Target exactly(String id, double bound) {
        return new Target(id, Direction.EXACTLY, bound);
    }

    /**
     * Judges an uncertain value: it falls short only if its whole interval lies beyond the bound.
     *
     * @throws IllegalArgumentException if the target is exact: only a count can be judged exactly
     */
    public Verdict judge(Interval interval) {
        return switch (direction) {
            case AT_MOST -> interval.low() > bound ? Verdict.FALL_SHORT : Verdict.PASS;
            case AT_LEAST -> interval.high() < bound ? Verdict.FALL_SHORT : Verdict.PASS;
            case EXACTLY -> throw new IllegalArgumentException("target " + id + " is exact: give it a count");
        };
    }

    /** Judges a count, which has no noise. */
    public Verdict judge(double count) {
        boolean good = switch (direction) {
            case AT_MOST -> count <= bound;
            case AT_LEAST -> count >= bound;
            case EXACTLY -> count == bound;
        };
        return good ? Verdict.PASS : Verdict.FALL_SHORT;
    }

    /** Symbol and bound without blanks: {@code <=1.3}, {@code >=5}, {@code =0}. */
    public String condition() {
        return direction.symbol + number(bound);
    }

    /** At most three decimals, trailing zeros cut. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        String text = String.format(Locale.ROOT, "%.3f", value);
        return text.replaceFirst("\\.?0+$", "");
    }
}
