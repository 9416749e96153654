package dev.holdfast.batch;

import dev.holdfast.core.Threads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The module's threads: one daemon that watches the time, and those that run batches nobody waits for. None until needed. */
final class SharedTimer {
    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private SharedTimer() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-batch-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    static Future<?> after(long nanos, Runnable task) {
        return TIMER.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    static ExecutorService workers() {
        return Workers.SHARED;
    }

    private static final class Workers {
        static final ExecutorService SHARED = Threads.blocking("holdfast-batch");
    }
}
