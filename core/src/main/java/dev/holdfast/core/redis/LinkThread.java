package dev.holdfast.core.redis;

import dev.holdfast.core.Threads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on which a link decides: connection loops and topology belong to it, so they need no locks.
 *
 * <p>Nothing that blocks runs on it, and of users' code only the password supplier and the address mapper.
 */
final class LinkThread {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    private final ScheduledThreadPoolExecutor executor;

    LinkThread() {
        executor = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-redis-link"));
        executor.setRemoveOnCancelPolicy(true);
    }

    /** Runs a task on the thread; false if it has ended. */
    boolean execute(Runnable task) {
        try {
            executor.execute(() -> guarded(task));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Runs a task later, which nobody will want to cancel; never if the thread has ended. */
    void later(Runnable task, long nanos) {
        var unused = schedule(task, nanos);
    }

    /** Runs a task later; cancelled already if the thread has ended. */
    Future<?> schedule(Runnable task, long nanos) {
        try {
            return executor.schedule(() -> guarded(task), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            CompletableFuture<Void> never = new CompletableFuture<>();
            never.cancel(false);
            return never;
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A task of the Redis link failed", e);
        }
    }

    /** Runs a last task, drops what is scheduled and ends the thread; waits for it, but not for long. */
    void close(Runnable last) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(() -> {
            try {
                last.run();
            } finally {
                done.complete(null);
                executor.shutdownNow();
            }
        });
        try {
            done.get(2, TimeUnit.SECONDS);
            executor.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("The Redis link did not end within 2 s", e);
        }
    }
}
