package dev.holdfast.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that work at the same time, started together for each sample. Used by one thread. */
public final class Crew implements AutoCloseable {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What each member does. */
    @FunctionalInterface
    public interface Task {
        /**
         * Does it.
         *
         * @param member number of the member, from 0
         * @return digest of the results
         */
        long run(int member) throws Exception;
    }

    /**
     * What came of one start.
     *
     * @param wallNanos from the first member's start to the last one's end
     * @param cpuNanos processor time of all members together
     * @param digests one per member
     */
    public record Outcome(long wallNanos, long cpuNanos, List<Long> digests) {}

    private record Stint(long start, long end, long cpuNanos, long digest) {}

    private final int members;
    private final ExecutorService threads;
    private final CyclicBarrier start;

    /** So many threads. */
    public Crew(int members) {
        this.members = members;
        start = new CyclicBarrier(members);
        threads = Executors.newFixedThreadPool(members, task -> {
            Thread thread = new Thread(task, "crew");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Has all members do a task at the same time and waits for them.
     *
     * @throws Exception what a member threw
     */
    public Outcome together(Task task) throws Exception {
        List<Future<Stint>> running = new ArrayList<>(members);
        for (int i = 0; i < members; i++) {
            int member = i;
            running.add(threads.submit(() -> stint(task, member)));
        }
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        long cpu = 0;
        List<Long> digests = new ArrayList<>(members);
        for (Future<Stint> stint : running) {
            Stint done = await(stint);
            // Clock readings may wrap around, but not within one run of a benchmark.
            first = Math.min(first, done.start());
            last = Math.max(last, done.end());
            cpu += done.cpuNanos();
            digests.add(done.digest());
        }
        return new Outcome(last - first, cpu, digests);
    }

    private Stint stint(Task task, int member) throws Exception {
        start.await();
        long cpu = THREADS.getCurrentThreadCpuTime();
        long begun = System.nanoTime();
        long digest = task.run(member);
        return new Stint(begun, System.nanoTime(), THREADS.getCurrentThreadCpuTime() - cpu, digest);
    }

    private static Stint await(Future<Stint> stint) throws Exception {
        try {
            return stint.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        }
    }

    /**
     * A side on which all members do the same work at the same time, each on inputs of its own: nanoseconds of processor time
     * per operation. Waiting for a lock takes none, so this is for work that takes no locks.
     *
     * @param work safe for use by many threads
     * @param operations per member and sample
     */
    public Side cpuSide(Work work, int operations) {
        return pair -> {
            Outcome outcome = together(member -> work.run(((long) pair * members + member) * operations, operations));
            long digest = outcome.digests().stream().mapToLong(Long::longValue).sum();
            return new Sample(Math.max(1, outcome.cpuNanos()) / ((double) operations * members), digest);
        };
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
