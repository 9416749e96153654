package dev.holdfast.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the bytes that the current thread allocates. */
public final class Allocations {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocations() {}

    /**
     * Bytes that this thread allocates per operation, rounded to whole bytes. The smallest object takes 16, so that 0
     * says that an operation allocates nothing, save once in a while: a buffer that is drained every so many hits.
     *
     * @param work warm already, since compiling and linking allocate too
     * @param operations how many to perform; many, so that what is allocated once does not count
     */
    public static long bytesPerOperation(Work work, int operations) throws Exception {
        if (!THREADS.isThreadAllocatedMemorySupported()) {
            throw new UnsupportedOperationException("this JVM does not count the bytes that a thread allocates");
        }
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        work.run(0, operations);
        long allocated = THREADS.getThreadAllocatedBytes(thread) - before;
        return Math.round(allocated / (double) operations);
    }
}
