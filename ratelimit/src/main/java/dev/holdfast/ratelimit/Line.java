package dev.holdfast.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * The checks of one subject under one plan that are under way or waiting: while a call is in flight, others queue up and go
 * together with the next one.
 *
 * <p>Guarded by its monitor, never held while anything is sent or completed.
 */
final class Line {
    private static final int LONGEST = 100_000;

    final ActivePlan plan;
    final Subject subject;
    final byte[][] keys;

    private int flying = 1;
    private boolean closed;
    private @Nullable Turn first;
    private @Nullable Turn last;
    private int waiting;

    /** A line whose first call its maker is about to make. */
    Line(ActivePlan plan, Subject subject) {
        this.plan = plan;
        this.subject = subject;
        this.keys = plan.keys(subject);
    }

    /** What became of an attempt to queue up. */
    enum Place {
        QUEUED,
        FULL,
        CLOSED
    }

    synchronized Place join(Turn turn) {
        if (closed) {
            return Place.CLOSED;
        }
        if (waiting == LONGEST) {
            return Place.FULL;
        }
        if (last == null) {
            first = turn;
        } else {
            last.next = turn;
        }
        last = turn;
        waiting++;
        return Place.QUEUED;
    }

    /** When who waits longest arrived; {@code otherwise} if nobody waits. */
    synchronized long oldest(long otherwise) {
        return first == null ? otherwise : first.arrived;
    }

    /**
     * A call is answered; the next one takes off.
     *
     * @return the first of those to go, linked by {@code next} and of one cost, or null
     */
    @Nullable
    synchronized Turn landed() {
        flying--;
        return takeOff();
    }

    /** Those who wait shall not wait for the call in flight any longer. */
    @Nullable
    synchronized Turn takeOff() {
        Turn head = null;
        Turn tail = null;
        Turn turn = first;
        while (turn != null && (head == null || turn.withdrawn || turn.cost == head.cost)) {
            Turn following = turn.next;
            turn.next = null;
            waiting--;
            if (!turn.withdrawn) {
                turn.sent = true;
                if (tail == null) {
                    head = turn;
                } else {
                    tail.next = turn;
                }
                tail = turn;
            }
            turn = following;
        }
        first = turn;
        if (first == null) {
            last = null;
        }
        if (head == null) {
            closeIfIdle();
            return null;
        }
        flying++;
        return head;
    }

    /** Whether a check whose caller gave up was not sent, and will not be. */
    synchronized boolean withdraw(Turn turn) {
        turn.withdrawn = !turn.sent;
        return turn.withdrawn;
    }

    /** A call failed: nobody shall wait for another one. Returns those who wait, linked by {@code next}. */
    @Nullable
    synchronized Turn crashed() {
        flying--;
        Turn all = first;
        first = null;
        last = null;
        waiting = 0;
        closeIfIdle();
        return all;
    }

    private void closeIfIdle() {
        if (flying == 0 && first == null) {
            closed = true;
            plan.lines().remove(subject, this);
        }
    }
}
