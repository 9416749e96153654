package dev.holdfast.cache;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how many loads ask the source at a time, first come, first served.
 *
 * <p>While tier 2 answers, the bound is fixed. While it does not, the source takes the load that tier 2 took before, so
 * the bound adapts to what it can take: it grows by one per round of loads that are about as fast as they were while
 * tier 2 answered, and shrinks by a fifth when one fails or takes three times as long (AIMD, Chiu and Jain 1989).
 *
 * <p>{@code lock} guards all fields; nothing runs inside it. Thread-safe.
 */
final class LoadGate {
    private static final double SHRINK = 0.8;
    private static final int SLOW_FACTOR = 3;
    private static final long SLOW_LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int FIRST = 4;

    /** Tasks whose turn has come while this thread runs another: a load that ends at once lets the next one in there. */
    private static final ThreadLocal<@Nullable Deque<Runnable>> GRANTED = new ThreadLocal<>();

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private int running;
    private int peak;
    private boolean alone;
    private double adaptive;
    private double usualNanos;
    private long shrunkAt;

    LoadGate(int most) {
        this.most = most;
        this.adaptive = most;
    }

    /** Says whether tier 2 is away; to be called before every entry. */
    private void alone(boolean now) {
        if (now && !alone) {
            adaptive = Math.min(most, Math.max(FIRST, 2 * peak));
        } else if (!now && alone) {
            peak = 0;
        }
        alone = now;
    }

    /** How many may run now. */
    int limit() {
        lock.lock();
        try {
            return current();
        } finally {
            lock.unlock();
        }
    }

    private int current() {
        return alone ? Math.max(1, (int) adaptive) : most;
    }

    /**
     * Waits for its turn; whoever enters must {@link #leave}.
     *
     * @return false if it did not come in time
     */
    boolean enter(boolean tier2Away, long nanos) throws InterruptedException {
        CountDownLatch turn = new CountDownLatch(1);
        Runnable grant = turn::countDown;
        if (!enterOrQueue(tier2Away, grant)) {
            boolean granted = false;
            try {
                granted = turn.await(nanos, TimeUnit.NANOSECONDS);
            } finally {
                if (!granted && !withdraw(grant)) {
                    leave(); // It was granted in the last moment.
                }
            }
            return granted;
        }
        return true;
    }

    /**
     * Runs a task when its turn comes, now if it is; the task must neither block nor throw.
     *
     * @return false if it waits for its turn, until when it may {@link #withdraw}
     */
    boolean enterAsync(boolean tier2Away, Runnable task) {
        boolean entered = enterOrQueue(tier2Away, task);
        if (entered) {
            task.run();
        }
        return entered;
    }

    private boolean enterOrQueue(boolean tier2Away, Runnable grant) {
        lock.lock();
        try {
            alone(tier2Away);
            if (running < current() && queue.isEmpty()) {
                running++;
                if (!alone) {
                    peak = Math.max(peak, running);
                }
                return true;
            }
            queue.add(grant);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Gives up waiting; false if the turn has come, or was given up before. */
    boolean withdraw(Runnable grant) {
        lock.lock();
        try {
            return queue.remove(grant);
        } finally {
            lock.unlock();
        }
    }

    /** A load has ended; others may enter. */
    void leave(long tookNanos, boolean failed, long now) {
        lock.lock();
        try {
            learn(tookNanos, failed, now);
        } finally {
            lock.unlock();
        }
        leave();
    }

    private void learn(long tookNanos, boolean failed, long now) {
        if (!alone) {
            double took = (double) tookNanos;
            usualNanos = usualNanos == 0 ? took : usualNanos + (took - usualNanos) / 16;
            return;
        }
        boolean slow = usualNanos > 0 && tookNanos > SLOW_LEAST_NANOS && tookNanos > (long) (SLOW_FACTOR * usualNanos);
        if (failed || slow) {
            if (now - shrunkAt > tookNanos) { // Those that began before the last shrinking tell nothing new.
                adaptive = Math.max(1, adaptive * SHRINK);
                shrunkAt = now;
            }
        } else if (2 * running > current()) { // Else nobody knows whether the source would take more.
            adaptive = Math.min(most, adaptive + 1 / adaptive);
        }
    }

    private void leave() {
        while (true) {
            Runnable next = null;
            lock.lock();
            try {
                if (running <= current() && !queue.isEmpty()) {
                    next = queue.poll(); // It takes the place of the one that leaves.
                } else {
                    running--;
                }
            } finally {
                lock.unlock();
            }
            if (next == null) {
                return;
            }
            run(next);
            if (!grow()) {
                return;
            }
        }
    }

    /** Runs a task, after the one that this thread is running, so that the stack does not grow with the queue. */
    private static void run(Runnable task) {
        Deque<Runnable> outer = GRANTED.get();
        if (outer != null) {
            outer.add(task);
            return;
        }
        Deque<Runnable> granted = new ArrayDeque<>();
        GRANTED.set(granted);
        try {
            for (Runnable next = task; next != null; next = granted.poll()) {
                next.run();
            }
        } finally {
            GRANTED.remove();
        }
    }

    /** Whether one more may enter, since the bound has grown; counts it. */
    private boolean grow() {
        lock.lock();
        try {
            if (running < current() && !queue.isEmpty()) {
                running++;
                return true;
            }
            return false;
        } finally {
            lock.unlock();
        }
    }
}
