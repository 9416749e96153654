package dev.holdfast.batch;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Keys that are loaded together. Fields are guarded by the dispatcher's lock unless they say otherwise. */
final class Batch {
    final Lane lane;
    final Entry[] entries;

    /** Who runs it; null until somebody does. */
    @Nullable
    Participant runner;

    /** Whether its entries have their outcome: by the function, by the timeout or by the end of the scope. */
    boolean settled;

    /** Whether a runner was interrupted on its own account; it is given to somebody else once, not for ever. */
    boolean passedOn;

    /** The batch that the same thread was completing when it came to this one. */
    @Nullable
    Batch below;

    /** The next entry whose futures nobody has completed; atomic, so that a thread that waits in a callback can go on. */
    final AtomicInteger nextToComplete = new AtomicInteger();

    private final AtomicReference<Interrupt> interrupt = new AtomicReference<>(Interrupt.NONE);

    Batch(Lane lane, Entry[] entries) {
        this.lane = lane;
        this.entries = entries;
    }

    Object[] keys() {
        Object[] keys = new Object[entries.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = entries[i].key;
        }
        return keys;
    }

    boolean hasFuturesToComplete() {
        return settled && nextToComplete.get() < entries.length;
    }

    /** Interrupts the thread that runs the function, if it still does. Called by the timer, under no lock. */
    void interruptRunner(Thread thread) {
        if (interrupt.compareAndSet(Interrupt.NONE, Interrupt.BEING_SENT)) {
            thread.interrupt();
            interrupt.set(Interrupt.SENT);
        }
    }

    /** The function has returned: no interrupt comes any more, and one that came is taken back. Returns whether one came. */
    boolean endInterrupts() {
        if (interrupt.compareAndSet(Interrupt.NONE, Interrupt.OVER)) {
            return false;
        }
        while (interrupt.get() == Interrupt.BEING_SENT) {
            Thread.onSpinWait(); // the timer is between two instructions
        }
        Thread.interrupted(); // if the function did not notice it, nobody else is to
        return true;
    }

    /** It starts again on another thread. */
    void allowInterrupts() {
        interrupt.set(Interrupt.NONE);
    }

    private enum Interrupt {
        NONE,
        BEING_SENT,
        SENT,
        OVER
    }
}
