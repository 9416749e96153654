package dev.holdfast.batch;

import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** How threads wait in a dispatcher: by running what is due, and parking only when nothing is. */
final class Pump {
    private final Dispatcher dispatcher;
    private final ReentrantLock lock;
    private final Crew crew;
    private final LoadQueue queue;
    private final WaiterList waiters;

    Pump(Dispatcher dispatcher, ReentrantLock lock, Crew crew, LoadQueue queue, WaiterList waiters) {
        this.dispatcher = dispatcher;
        this.lock = lock;
        this.crew = crew;
        this.queue = queue;
        this.waiters = waiters;
    }

    /**
     * Waits until it is done, and runs what is due meanwhile.
     *
     * @param nanos how long; 0 for as long as it takes, which the timeouts of the loaders bound
     * @return whether it is done
     */
    boolean await(Waiter waiter, long nanos, boolean interruptible) throws InterruptedException {
        Participant me = Binding.in(dispatcher);
        waiter.participant = me;
        long deadline = System.nanoTime() + nanos;
        boolean interrupted = false;
        lock.lock();
        try {
            crew.setParked(me, true, waiter);
            while (!waiter.isDone()) {
                // Before it runs anything: a batch is not to fail because one of its callers was cancelled.
                interrupted |= Thread.interrupted();
                if (interrupted && interruptible) {
                    throw new InterruptedException("while waiting for " + waiter.subject());
                }
                if (helpOnce(waiter, me, nanos != 0)) {
                    continue;
                }
                if (nanos != 0 && deadline - System.nanoTime() <= 0) {
                    return false;
                }
                refuseCycle(waiter, me);
                if (!queue.isEmpty()) {
                    if (crew.busy() == 0) {
                        dispatcher.handOver(); // only the owner may run it, and this thread is not the owner
                    }
                    dispatcher.watch.arm();
                }
                waiters.add(waiter);
                lock.unlock();
                try {
                    Binding.suspendOutside(dispatcher);
                    interrupted |= park(waiter, nanos != 0, deadline, interruptible);
                    Binding.resumeOutside(dispatcher);
                } finally {
                    lock.lock();
                }
                waiters.remove(waiter);
                if (me != null) {
                    me.resumed = true;
                }
                crew.setParked(me, true, waiter);
            }
            return true;
        } finally {
            crew.setParked(me, false, null);
            if (queue.hasBatches() || (me == null && crew.busy() == 0)) {
                dispatcher.handOver(); // it may have been woken to run what is due, and has no more reason to
            }
            lock.unlock();
            if (interrupted && !interruptible) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean park(Waiter waiter, boolean timed, long deadline, boolean interruptible) {
        boolean interrupted = false;
        while (!waiter.woken) {
            if (timed) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                LockSupport.parkNanos(waiter, left);
            } else {
                LockSupport.park(waiter);
            }
            if (Thread.interrupted()) {
                interrupted = true;
                if (interruptible) {
                    break;
                }
            }
        }
        return interrupted;
    }

    /** Runs one batch, or completes futures that this thread left half way to run a callback. Returns whether it did. */
    private boolean helpOnce(Waiter waiter, @Nullable Participant me, boolean timed) {
        Batch half = me == null ? null : me.completing;
        while (half != null && !half.hasFuturesToComplete()) {
            half = half.below;
        }
        Batch due = half == null ? takeDue(waiter, me) : null;
        if (due != null && timed && dispatcher.owner == null) {
            queue.putBack(due); // whoever has a deadline of its own must not be caught in somebody's function
            dispatcher.drainElsewhere();
            return false;
        }
        if (half == null && due == null) {
            return false;
        }
        if (half != null) {
            crew.setParked(me, false, null);
            Batch unfinished = half;
            unlocked(() -> BatchRun.completeFutures(unfinished));
        } else {
            runNow(Objects.requireNonNull(due), me);
        }
        crew.setParked(me, true, waiter);
        return true;
    }

    /** Runs a batch on this thread. Called with the lock, which it gives up meanwhile. */
    void runNow(Batch batch, @Nullable Participant me) {
        Participant runner = me != null ? me : new Participant(Participant.Origin.RUNNER, Thread.currentThread());
        if (me == null) {
            crew.join(runner);
        }
        crew.setParked(runner, false, null);
        batch.runner = runner;
        dispatcher.running.add(batch);
        BatchRun run = new BatchRun(dispatcher, batch, runner);
        if (me != null) {
            unlocked(run::run);
            return;
        }
        Binding binding = new Binding(dispatcher, dispatcher.scope, runner);
        unlocked(() -> {
            binding.push();
            try {
                run.run();
            } finally {
                binding.pop();
            }
        });
        crew.depart(runner);
    }

    private void unlocked(Runnable action) {
        lock.unlock();
        try {
            action.run();
        } finally {
            lock.lock();
        }
    }

    private void refuseCycle(Waiter waiter, @Nullable Participant me) {
        Batch blocker = me == null ? null : waiter.blocker();
        for (int steps = 0; blocker != null && steps < 100; steps++) {
            Participant runner = blocker.runner;
            if (runner == null) {
                return;
            }
            if (runner == me) {
                throw new BatchLoadException(
                        blocker.lane.loader.name(),
                        "the batch function waits for " + waiter.subject()
                                + ", which cannot be loaded before it returns: load other keys, or call the source",
                        null);
            }
            blocker = runner.waiter == null ? null : runner.waiter.blocker();
        }
    }

    private @Nullable Batch takeDue(Waiter waiter, @Nullable Participant me) {
        if (dispatcher.owner != null && dispatcher.owner != Thread.currentThread()) {
            return null;
        }
        if (queue.hasKeys() && !queue.hasBatches()) {
            if (crew.busy() == 0 || (me == null && !dispatcher.groupCommit && waiter.isQueued())) {
                dispatcher.cutAll();
            } else if (!dispatcher.groupCommit) {
                queue.cutFull();
            }
        }
        return queue.next();
    }
}
