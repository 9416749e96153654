package dev.holdfast.batch;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that queued keys are dispatched though nobody runs them: each millisecond, while there are any.
 *
 * <p>Whoever may add keys is looked at: enrolled threads that do not wait, threads that run a batch, and those that asked for the
 * queued futures. As long as one of them computes, it is waited for, 100 ticks at most; if it is blocked elsewhere – a lock,
 * {@code allOf(…).join()}, a slow call – 3; if its task has not started, since its executor may be full, 25. Who only waits for
 * a processor is waited for as long as it takes, or almost. Ticks without a change are counted rather than time, since whatever
 * stalls the process stalls the ticks too. Fields are guarded by the dispatcher's lock.
 */
final class StallWatch {
    private static final int NOBODY = 1;
    private static final int BLOCKED = 3;
    private static final int NOT_STARTED = 25;
    private static final int COMPUTING = 100;

    /** It depends on no user code, only on the scheduler, when this thread goes on. */
    private static final int SURE_TO_RUN = 1_000;

    /** Bounds the wait for those who go on adding keys. */
    private static final int AT_MOST = 2_000;

    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);

    private final Dispatcher dispatcher;
    private final ReentrantLock lock;
    private final Crew crew;
    private final LoadQueue queue;
    private final WaiterList waiters;
    private boolean armed;
    private long seen;
    private int quiet;
    private int age;
    private @Nullable Runnable tick;

    StallWatch(Dispatcher dispatcher, ReentrantLock lock, Crew crew, LoadQueue queue, WaiterList waiters) {
        this.dispatcher = dispatcher;
        this.lock = lock;
        this.crew = crew;
        this.queue = queue;
        this.waiters = waiters;
    }

    /** With the dispatcher's lock. */
    void arm() {
        if (!armed && !(dispatcher.groupCommit && crew.busy() > 0)) {
            armed = true;
            seen = crew.moves();
            quiet = 0;
            age = 0;
            if (tick == null) {
                tick = this::tick;
            }
            SharedTimer.after(TICK, tick);
        }
    }

    private void tick() {
        List<Entry> expired = List.of();
        List<Waiter> done = List.of();
        lock.lock();
        try {
            if (dispatcher.isClosed() || queue.isEmpty()) {
                armed = false;
                return;
            }
            // First of all: whatever goes wrong below, there is another tick.
            SharedTimer.after(TICK, Objects.requireNonNull(tick));
            age++;
            quiet = crew.moves() == seen ? quiet + 1 : 0;
            seen = crew.moves();
            if (due()) {
                if (dispatcher.owner == null) {
                    dispatcher.cutAll();
                }
                dispatcher.handOver();
                age = 0;
                quiet = 0;
            }
            if (dispatcher.owner != null) {
                expired = queue.expire(System.nanoTime(), dispatcher.owner);
                done = waiters.wakeDone();
            }
        } finally {
            lock.unlock();
        }
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
        if (!expired.isEmpty()) {
            List<Entry> failed = expired;
            SharedTimer.workers().execute(() -> failed.forEach(BatchRun::completeFutures));
        }
    }

    private boolean due() {
        if (dispatcher.groupCommit || dispatcher.owner != null) {
            // Outside scopes the next batch waits for the one under way; in a transaction for the thread it belongs to.
            return crew.busy() == 0;
        }
        return age >= AT_MOST || quiet >= patience();
    }

    private int patience() {
        int most = NOBODY;
        for (Participant participant : crew.participants()) {
            if (!participant.parked && !participant.lost) {
                most = Math.max(most, patienceWith(participant));
            }
        }
        for (Thread caller : queue.askers()) {
            most = Math.max(most, patienceWith(caller));
        }
        return most;
    }

    private int patienceWith(Participant participant) {
        Thread thread = participant.thread;
        if (thread == null) {
            return participant.origin == Participant.Origin.MAPPED || othersAreVirtual()
                    ? SURE_TO_RUN
                    : Math.max(NOT_STARTED, patienceWith(participant.maker));
        }
        if (participant.running != null) {
            return BLOCKED;
        }
        return participant.resumed ? patienceWith(thread) : SURE_TO_RUN;
    }

    /** An executor of virtual threads is never full. */
    private boolean othersAreVirtual() {
        for (Participant participant : crew.participants()) {
            if (participant.origin == Participant.Origin.ENROLLED && participant.thread != null) {
                // Java 17 has no name for them.
                return participant.thread.getClass().getName().endsWith("VirtualThread");
            }
        }
        return false;
    }

    private int patienceWith(Thread thread) {
        if (lock.hasQueuedThread(thread)) {
            return SURE_TO_RUN; // it waits to add its key
        }
        switch (thread.getState()) {
            case NEW, RUNNABLE:
                return COMPUTING;
            case TERMINATED:
                return NOBODY;
            default:
                return BLOCKED;
        }
    }
}
