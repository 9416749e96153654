package dev.holdfast.benchmarks;

import java.time.Duration;

/** Makes sides out of work: both perform the same number of operations on the same inputs, and time is taken. */
public final class Timed {

    private static final int MOST = 1 << 30;
    private static final int CONFIRMATIONS = 3;
    private static final int WARMING = 20;

    private final int operations;

    private Timed(int operations) {
        this.operations = operations;
    }

    /**
     * Finds how many operations fill a sample.
     *
     * @param work the work to find out with, by custom that of the baseline; it is warm afterwards
     * @param sample how long a sample should take: long against the resolution of the clock and the pauses of the
     *     scheduler, short against the drift of the machine
     */
    public static Timed calibrate(Work work, Duration sample) throws Exception {
        long wanted = sample.toNanos();
        long first = 0;
        int operations = 1;
        int filled = 0;
        long begin = System.nanoTime();
        while (true) {
            long start = System.nanoTime();
            work.run(first, operations);
            long took = System.nanoTime() - start;
            first += operations;
            if (took < wanted / 2 && operations < MOST) {
                // Too short, perhaps only now that the code is compiled, or after the pause that made it long before.
                operations *= 2;
                filled = 0;
            } else if (++filled >= CONFIRMATIONS && System.nanoTime() - begin > WARMING * wanted) {
                double scaled = Math.rint(operations * (double) wanted / Math.max(1, took));
                return new Timed((int) Math.max(1, Math.min(MOST, scaled)));
            }
        }
    }

    /** So many operations a sample. */
    public static Timed of(int operations) {
        if (operations < 1) {
            throw new IllegalArgumentException(operations + " operations: must be at least 1");
        }
        return new Timed(operations);
    }

    /** How many operations make up a sample. */
    public int operations() {
        return operations;
    }

    /** A side that measures nanoseconds per operation. */
    public Side side(Work work) {
        return pair -> {
            long first = (long) pair * operations;
            long start = System.nanoTime();
            long digest = work.run(first, operations);
            long took = System.nanoTime() - start;
            return new Sample(Math.max(1, took) / (double) operations, digest);
        };
    }
}
