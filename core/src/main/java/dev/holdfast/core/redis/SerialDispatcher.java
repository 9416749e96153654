package dev.holdfast.core.redis;

import dev.holdfast.core.Threads;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one at a time and in order, on a thread of its own that ends when idle.
 *
 * <p>Thread-safe. A task that throws is logged and counted. Its queue is not bounded here: who feeds it bounds what it
 * feeds.
 */
final class SerialDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final int IDLE_SECONDS = 10;

    private final LongAdder failures = new LongAdder();
    private final ThreadPoolExecutor executor;

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
        executor.execute(() -> guarded(task));
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
        return executor.getQueue().size();
    }

    long failures() {
        return failures.sum();
    }

    /** Lets queued tasks run, then ends the thread. */
    void close() {
        executor.shutdown();
    }
}
