package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/**
 * That a thread works for a scope, or runs a batch of a dispatcher; each thread has a chain of them, the newest first.
 *
 * <p>Used by its own thread only.
 */
final class Binding {
    private static final ThreadLocal<@Nullable Binding> CURRENT = new ThreadLocal<>();

    final Dispatcher dispatcher;

    /** Null outside scopes, where batches run too. */
    final @Nullable BatchScope scope;

    /** Null if the thread opened the scope but is not waited for. */
    final @Nullable Participant participant;

    private @Nullable Binding outer;

    Binding(Dispatcher dispatcher, @Nullable BatchScope scope, @Nullable Participant participant) {
        this.dispatcher = dispatcher;
        this.scope = scope;
        this.participant = participant;
    }

    static @Nullable Binding current() {
        return CURRENT.get();
    }

    void push() {
        outer = CURRENT.get();
        CURRENT.set(this);
    }

    /** Removes this one, wherever in the chain it is. */
    void pop() {
        Binding top = CURRENT.get();
        if (top == this) {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
            return;
        }
        for (Binding b = top; b != null; b = b.outer) {
            if (b.outer == this) {
                b.outer = outer;
                return;
            }
        }
    }

    /** As what this thread takes part in a dispatcher; null if it does not. */
    static @Nullable Participant in(Dispatcher dispatcher) {
        for (Binding b = CURRENT.get(); b != null; b = b.outer) {
            if (b.dispatcher == dispatcher && b.participant != null) {
                return b.participant;
            }
        }
        return null;
    }

    /** This thread is about to wait in a dispatcher: no other one must wait for it meanwhile. */
    static void suspendOutside(Dispatcher inside) {
        for (Binding b = CURRENT.get(); b != null; b = b.outer) {
            if (b.dispatcher != inside && b.participant != null) {
                b.dispatcher.suspend(b.participant);
            }
        }
    }

    static void resumeOutside(Dispatcher inside) {
        for (Binding b = CURRENT.get(); b != null; b = b.outer) {
            if (b.dispatcher != inside && b.participant != null) {
                b.dispatcher.resume(b.participant);
            }
        }
    }
}
