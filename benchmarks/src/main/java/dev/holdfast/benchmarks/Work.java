package dev.holdfast.benchmarks;

/** A row of operations on numbered inputs, to be timed as a whole. */
@FunctionalInterface
public interface Work {

    /**
     * Performs the operations {@code first, first + 1, …, first + operations - 1} one after the other.
     *
     * @param first number of the first operation, at least 0; the input of an operation depends on its number alone
     * @param operations how many
     * @return digest of the results
     * @throws Exception ends the run
     */
    long run(long first, int operations) throws Exception;
}
