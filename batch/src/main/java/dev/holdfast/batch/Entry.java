package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/** One key of one loader in one scope, from the first load that wants it. Fields are guarded by the dispatcher's lock. */
final class Entry {
    /** The outcome that says: the source has no value. */
    static final Object ABSENT = new Object();

    final Object key;
    final int hash;

    /** The batch it went into; null while it is queued. */
    @Nullable
    Batch batch;

    /** Null until settled; then the value, {@link #ABSENT} or a {@link Failure}. Written under the lock, once. */
    volatile @Nullable Object outcome;

    /** Those handed out before it was settled; nobody adds one after that. */
    @Nullable
    LoadFuture<?> futures;

    Entry(Object key, int hash) {
        this.key = key;
        this.hash = hash;
    }

    /** Completes a future with the outcome, which is there. */
    void completeInto(LoadFuture<?> future) {
        Object settled = outcome;
        if (settled instanceof Failure failure) {
            future.completeExceptionally(failure.cause());
        } else {
            future.completeWith(settled == ABSENT ? null : settled);
        }
    }

    /** The key could not be loaded. */
    record Failure(BatchException cause) {
        BatchException here() {
            return cause.here();
        }
    }
}
