package dev.holdfast.benchmarks;

/** One of the two sides of a comparison. */
@FunctionalInterface
public interface Side {

    /**
     * Measures once.
     *
     * @param pair number of the pair, from 0 and counting those of the warm-up, the same for both sides: derive the inputs from
     *     it
     * @return the measured value and a digest of the results
     * @throws Exception if it cannot be measured; ends the run
     */
    Sample sample(int pair) throws Exception;
}
