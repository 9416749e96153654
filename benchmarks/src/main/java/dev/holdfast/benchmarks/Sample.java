package dev.holdfast.benchmarks;

/**
 * One measurement of one side.
 *
 * @param value time per operation, or operations per time; the same on both sides, above 0
 * @param digest of the results. Both sides of a pair must have the same one, since they had the same inputs
 */
public record Sample(double value, long digest) {

    /** Checks the value. */
    public Sample {
        if (!Double.isFinite(value) || value <= 0) {
            throw new IllegalArgumentException("measured " + value + ": must be finite and above 0");
        }
    }
}
