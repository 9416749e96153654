package dev.holdfast.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who is parked in one dispatcher, the oldest first. Guarded by the dispatcher's lock. */
final class WaiterList {
    private final Crew crew;
    private @Nullable Waiter first;
    private @Nullable Waiter last;

    WaiterList(Crew crew) {
        this.crew = crew;
    }

    void add(Waiter waiter) {
        waiter.woken = false;
        waiter.linked = true;
        waiter.previous = last;
        waiter.next = null;
        if (last == null) {
            first = waiter;
        } else {
            last.next = waiter;
        }
        last = waiter;
    }

    void remove(Waiter waiter) {
        if (!waiter.linked) {
            return;
        }
        waiter.linked = false;
        if (waiter.previous == null) {
            first = waiter.next;
        } else {
            waiter.previous.next = waiter.next;
        }
        if (waiter.next == null) {
            last = waiter.previous;
        } else {
            waiter.next.previous = waiter.previous;
        }
        waiter.previous = null;
        waiter.next = null;
    }

    /** The oldest, of one thread if it is given. */
    @Nullable
    Waiter oldest(@Nullable Thread thread) {
        Waiter waiter = first;
        while (waiter != null && thread != null && waiter.thread != thread) {
            waiter = waiter.next;
        }
        return waiter;
    }

    /** Counts it as running again; the caller unparks its thread. */
    void wake(Waiter waiter) {
        remove(waiter);
        Participant participant = waiter.participant;
        if (participant != null) {
            participant.resumed = false;
            crew.setParked(participant, false, null);
        }
        waiter.woken = true;
    }

    /** Counts those whose wait is over as running again, all in one step; the caller unparks them without the lock. */
    List<Waiter> wakeDone() {
        List<Waiter> done = null;
        for (Waiter waiter = first; waiter != null; ) {
            Waiter next = waiter.next;
            if (waiter.isDone()) {
                wake(waiter);
                if (done == null) {
                    done = new ArrayList<>();
                }
                done.add(waiter);
            }
            waiter = next;
        }
        return done == null ? List.of() : done;
    }
}
