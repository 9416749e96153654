package dev.holdfast.benchmarks.ratelimit;

/** Takes one permit of a limit that no benchmark exhausts. */
@FunctionalInterface
interface Grant {

    /** Permits per second, and the burst, of that limit. */
    long PERMITS = 1_000_000_000;

    /** How many subjects there are. */
    int SUBJECTS = 10_000;

    /**
     * Takes it.
     *
     * @param subject number of the subject, below {@link #SUBJECTS}
     * @return whether it was granted; anything else than true ends the run
     */
    boolean take(int subject) throws Exception;

    /** The subject whose turn is at an operation: spread over all of them, the same for both sides. */
    static int subject(long operation) {
        return Math.floorMod(operation * 7_919, SUBJECTS);
    }
}
