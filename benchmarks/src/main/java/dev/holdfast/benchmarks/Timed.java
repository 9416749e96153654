package dev.holdfast.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** Makes sides out of work: both perform the same number of operations on the same inputs, and time is taken. */
public final class Timed {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int MOST = 1 << 30;
    private static final int TRIES = 5;
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
        long begin = System.nanoTime();
        while (true) {
            // The fastest of several: the first call links and compiles, and a busy machine makes any of them wait.
            long fastest = Long.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                long start = System.nanoTime();
                work.run(first, operations);
                fastest = Math.min(fastest, System.nanoTime() - start);
                first += operations;
            }
            if (fastest < wanted / 2 && operations < MOST) {
                operations *= 2;
            } else if (System.nanoTime() - begin > WARMING * wanted) {
                double scaled = Math.rint(operations * (double) wanted / Math.max(1, fastest));
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
        return side(work, System::nanoTime);
    }

    /**
     * A side that measures nanoseconds per operation that the calling thread spent on a processor. For work that neither
     * waits nor hands over to other threads: what the machine does besides then lengthens no sample.
     */
    public Side cpuSide(Work work) {
        if (!THREADS.isCurrentThreadCpuTimeSupported()) {
            return side(work);
        }
        return side(work, THREADS::getCurrentThreadCpuTime);
    }

    /**
     * A side that measures the median of the nanoseconds that single operations took: the latency that a caller sees, of
     * which a few that had to wait for a processor say nothing.
     *
     * @param work whose operations take microseconds, beside which reading the clock does not matter
     */
    public Side medianSide(Work work) {
        return pair -> {
            double[] nanos = new double[operations];
            long digest = 0;
            for (int i = 0; i < operations; i++) {
                long start = System.nanoTime();
                digest = 31 * digest + work.run((long) pair * operations + i, 1);
                nanos[i] = Math.max(1, System.nanoTime() - start);
            }
            Arrays.sort(nanos);
            return new Sample(Interval.quantile(nanos, 0.5), digest);
        };
    }

    private Side side(Work work, LongSupplier clock) {
        return pair -> {
            long first = (long) pair * operations;
            long start = clock.getAsLong();
            long digest = work.run(first, operations);
            long took = clock.getAsLong() - start;
            return new Sample(Math.max(1, took) / (double) operations, digest);
        };
    }
}
