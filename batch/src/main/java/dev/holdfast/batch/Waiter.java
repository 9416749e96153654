package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/** A thread that waits for something in a dispatcher, and can be woken to run what is due. Guarded by its lock. */
abstract class Waiter {
    final Thread thread = Thread.currentThread();

    @Nullable
    Participant participant;

    @Nullable
    Waiter previous;

    @Nullable
    Waiter next;

    boolean linked;

    /** Set under the lock by whoever unlinks it; read by its thread without. */
    volatile boolean woken;

    abstract boolean isDone();

    /** Whether nobody has begun to load what it waits for. */
    abstract boolean isQueued();

    /** A batch that has to end before this can, if there is one. */
    abstract @Nullable Batch blocker();

    /** What it waits for, for messages. */
    abstract String subject();

    /** Waits for one key. */
    static final class ForEntry extends Waiter {
        private final Entry entry;

        ForEntry(Entry entry) {
            this.entry = entry;
        }

        @Override
        boolean isDone() {
            return entry.outcome != null;
        }

        @Override
        boolean isQueued() {
            return entry.outcome == null && entry.batch == null;
        }

        @Override
        @Nullable
        Batch blocker() {
            return entry.outcome == null ? entry.batch : null;
        }

        @Override
        String subject() {
            return "key " + Keys.show(entry.key);
        }
    }

    /** Waits for several keys. */
    static final class ForAll extends Waiter {
        private final Entry[] entries;
        private int first;

        ForAll(Entry[] entries) {
            this.entries = entries;
        }

        @Override
        boolean isDone() {
            while (first < entries.length && entries[first].outcome != null) {
                first++;
            }
            return first == entries.length;
        }

        @Override
        boolean isQueued() {
            for (int i = first; i < entries.length; i++) {
                if (entries[i].outcome == null && entries[i].batch == null) {
                    return true;
                }
            }
            return false;
        }

        @Override
        @Nullable
        Batch blocker() {
            return isDone() ? null : entries[first].batch;
        }

        @Override
        String subject() {
            return entries.length + " keys";
        }
    }

    /** Waits for a future; if it is that of a key, its outcome is enough. */
    static final class ForFuture extends Waiter {
        private final LoadFuture<?> future;

        ForFuture(LoadFuture<?> future) {
            this.future = future;
        }

        @Override
        boolean isDone() {
            return future.isDone() || (future.entry != null && future.entry.outcome != null);
        }

        @Override
        boolean isQueued() {
            return future.entry != null && future.entry.outcome == null && future.entry.batch == null;
        }

        @Override
        @Nullable
        Batch blocker() {
            return future.entry == null || isDone() ? null : future.entry.batch;
        }

        @Override
        String subject() {
            return future.entry == null ? "a future" : "key " + Keys.show(future.entry.key);
        }
    }
}
