package dev.holdfast.cache;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key on this node, which others join.
 *
 * <p>An invalidation of its key detaches it: nobody joins it any more and nothing it brings is stored, but whoever joined
 * before gets its value. It is detached before it leaves the table of flights, so a thread that finds it there may still
 * join. A barrier that may concern it, and may not, closes it: nobody joins any more, and whether it is stored is decided
 * when its value and tags are known.
 *
 * <p>Most flights land without anybody waiting, so the latch is the flight itself and costs nothing until then: state 0
 * means under way, 1 landed. The outcome is written before the state and read after it.
 */
@SuppressWarnings("serial") // AbstractQueuedSynchronizer is serializable; flights never leave this process.
final class Flight<V> extends AbstractQueuedSynchronizer implements Tier1.Fence {
    /** How it ended. */
    enum Origin {
        TIER1,
        TIER2,
        SOURCE,
        STALE
    }

    private static final int LANDED = 1;

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Flight, Callback> CALLBACKS =
            AtomicReferenceFieldUpdater.newUpdater(Flight.class, Callback.class, "callbacks");

    private static final Callback CALLED = new Callback(() -> {}, null);

    /** Who wants to be told; a stack, for they are few. */
    private record Callback(Runnable task, @Nullable Callback next) {}

    private transient @Nullable V value;
    private transient @Nullable Throwable failure;
    private transient Origin origin = Origin.SOURCE;
    private transient volatile boolean detached;
    private transient volatile boolean closed;
    private transient volatile boolean queueing;
    private transient volatile boolean parked;
    private transient volatile boolean urgent;
    private transient volatile @Nullable Thread pilot;
    private final transient long begunNanos = System.nanoTime();
    private transient volatile @Nullable Callback callbacks;

    /** The closed flight that this one took the place of, so that a fence finds that too. */
    transient volatile @Nullable Flight<V> older;

    void detach() {
        detached = true;
    }

    boolean detached() {
        return detached;
    }

    @Override
    public boolean up() {
        return detached;
    }

    void close() {
        closed = true;
    }

    boolean closed() {
        return closed;
    }

    /** The thread that loads is the current one. */
    void board() {
        pilot = Thread.currentThread();
    }

    /** No thread loads at the moment. */
    void unboard() {
        pilot = null;
    }

    /** Whether it waits for another node, which may take longer than an ordinary load. */
    void queueing(boolean now) {
        queueing = now;
    }

    boolean queueing() {
        return queueing;
    }

    /**
     * It is about to wait for something other than its source: for its turn, for a thread, for another node's load.
     *
     * @return false if it must not, since somebody inside a loader waits for it, for whom that may be waiting
     */
    boolean park() {
        parked = true; // Said before it looks, as the other one does: one of the two sees it.
        if (urgent) {
            parked = false;
        }
        return parked;
    }

    void unpark() {
        parked = false;
    }

    /**
     * Somebody inside a loader is about to wait for it.
     *
     * @return false if he must not, since it is parked
     */
    boolean urge() {
        urgent = true;
        return !parked;
    }

    /** How long it has been under way. */
    long ageNanos() {
        return System.nanoTime() - begunNanos;
    }

    /** The thread that loads, if it is one thread and has begun. */
    @Nullable
    Thread pilot() {
        return pilot;
    }

    /** Lands with a value, or with none. */
    void complete(@Nullable V value, Origin origin) {
        this.value = value;
        this.origin = origin;
        land();
    }

    void fail(Throwable failure) {
        this.failure = failure;
        land();
    }

    private void land() {
        releaseShared(LANDED);
        Callback all = CALLBACKS.getAndSet(this, CALLED);
        for (Callback callback = all; callback != null; callback = callback.next()) {
            callback.task().run();
        }
    }

    /** Runs a task when it has landed, now if it has; the task must not throw, nor block. */
    @SuppressWarnings("ReferenceEquality")
    void whenLanded(Runnable task) {
        while (true) {
            Callback first = callbacks;
            if (first == CALLED) { // The one marker, by identity.
                task.run();
                return;
            }
            if (CALLBACKS.compareAndSet(this, first, new Callback(task, first))) {
                return;
            }
        }
    }

    boolean landed() {
        return getState() == LANDED;
    }

    /** Where the value came from; to be asked after it landed. */
    Origin origin() {
        return origin;
    }

    /**
     * Waits for the value.
     *
     * @throws TimeoutException if the load takes longer than that
     * @throws ExecutionException with what the load threw
     * @throws InterruptedException if the waiting thread is interrupted; the load goes on
     */
    @Nullable
    V join(long nanos) throws InterruptedException, ExecutionException, TimeoutException {
        if (!landed() && !tryAcquireSharedNanos(LANDED, nanos)) { // Who need not wait cannot be interrupted in it.
            throw new TimeoutException();
        }
        return outcome();
    }

    /** What it brought; to be asked after it landed. */
    @Nullable
    V outcome() throws ExecutionException {
        if (failure != null) {
            throw new ExecutionException(failure);
        }
        return value;
    }

    @Override
    protected int tryAcquireShared(int ignored) {
        return getState() == LANDED ? 1 : -1;
    }

    @Override
    protected boolean tryReleaseShared(int landed) {
        setState(landed);
        return true;
    }
}
