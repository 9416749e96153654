package dev.holdfast.core.redis;

import dev.holdfast.core.Threads;
import java.util.ArrayDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one at a time and in order, on a thread of its own that ends when idle; a task that is quick may instead take
 * its turn on the thread that brings it, if nothing else is waiting or running.
 *
 * <p>Thread-safe. Whatever one task wrote the next one sees, whichever threads they ran on. A task that throws is logged and
 * counted. The queue is not bounded here: who feeds it bounds what it feeds.
 *
 * <p>{@code lock} guards the queue and whose turn it is; no task runs under it.
 */
final class SerialDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final int IDLE_SECONDS = 10;

    private final LongAdder failures = new LongAdder();
    private final ThreadPoolExecutor executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    /** Whether a task has its turn, or the thread is on its way to give the next one its turn. */
    private boolean busy;

    private boolean closed;

    SerialDispatcher(String name) {
        executor = new ThreadPoolExecutor(
                1,
                1,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.daemon(name),
                new ThreadPoolExecutor.DiscardPolicy());
        executor.allowCoreThreadTimeOut(true);
    }

    /** Queues a task; after {@link #close()} it is dropped. */
    void execute(Runnable task) {
        boolean idle;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            queue.add(task);
            idle = !busy;
            busy = true;
        } finally {
            lock.unlock();
        }
        if (idle) {
            executor.execute(this::drain);
        }
    }

    /**
     * Runs a task on this thread, now, if no other is queued or running.
     *
     * @param task takes microseconds and waits for nothing: all others wait for it
     * @return false if it was not its turn, or after {@link #close()}: it was not run
     */
    boolean tryRun(Runnable task) {
        if (!lock.tryLock()) {
            return false; // Whoever has it is bringing or taking a task.
        }
        try {
            if (busy || closed) {
                return false;
            }
            busy = true;
        } finally {
            lock.unlock();
        }
        guarded(task);
        boolean more;
        lock.lock();
        try {
            more = !queue.isEmpty();
            if (!more) {
                idle();
            }
        } finally {
            lock.unlock();
        }
        if (more) {
            executor.execute(this::drain);
        }
        return true;
    }

    private void drain() {
        for (Runnable task = next(); task != null; task = next()) {
            guarded(task);
        }
    }

    private @Nullable Runnable next() {
        lock.lock();
        try {
            Runnable task = queue.poll();
            if (task == null) {
                idle();
            }
            return task;
        } finally {
            lock.unlock();
        }
    }

    private void idle() {
        busy = false;
        if (closed) {
            executor.shutdown();
        }
    }

    /** Runs user code on this thread, so that its failure is counted and disturbs nothing else. */
    void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable t) {
            failures.increment();
            LOG.warn("A Redis listener threw: {}", t.toString(), t);
        }
    }

    int backlog() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    long failures() {
        return failures.sum();
    }

    /** Lets queued tasks run, then ends the thread. */
    void close() {
        lock.lock();
        try {
            closed = true;
            if (!busy) {
                executor.shutdown();
            }
        } finally {
            lock.unlock();
        }
    }
}
