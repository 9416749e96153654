package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/**
 * A thread whose loads a dispatcher waits to see before it dispatches: enrolled in a scope, or running a batch.
 *
 * <p>Fields are guarded by the dispatcher's lock.
 */
final class Participant {
    final Origin origin;

    /** Who may be about to start its task. */
    final Thread maker = Thread.currentThread();

    /** Null until its task starts. */
    @Nullable
    Thread thread;

    /** Whether it waits for values; everybody parked means that nothing can be added to what is queued. */
    boolean parked;

    /** Whether it runs again after somebody woke it; until then its thread only looks as if it waited. */
    boolean resumed = true;

    /** The batch whose function it is inside of. */
    @Nullable
    Batch running;

    /** The batch whose futures it is completing. */
    @Nullable
    Batch completing;

    /** What it waits for. */
    @Nullable
    Waiter waiter;

    /** A batch it ran was given up, so it is not counted until it returns. */
    boolean lost;

    Participant(Origin origin, @Nullable Thread thread) {
        this.origin = origin;
        this.thread = thread;
    }

    enum Origin {
        /** Started by {@code mapAll}, so sure to run. */
        MAPPED,
        /** Handed to an executor by the user, who knows whether it runs. */
        ENROLLED,
        /** Runs a batch and is not enrolled otherwise. */
        RUNNER
    }
}
