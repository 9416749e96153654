package dev.holdfast.cache;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key on this node, which others join.
 *
 * <p>A barrier detaches it: nobody joins it any more and nothing it brings is stored, but whoever joined before gets its
 * value. It is detached before it leaves the table of flights, so a thread that finds it there may still join.
 *
 * <p>Most flights land without anybody waiting, so the latch is the flight itself and costs nothing until then: state 0
 * means under way, 1 landed. The outcome is written before the state and read after it.
 */
@SuppressWarnings("serial") // AbstractQueuedSynchronizer is serializable; flights never leave this process.
final class Flight<V> extends AbstractQueuedSynchronizer {
    private static final int LANDED = 1;

    private transient @Nullable V value;
    private transient @Nullable Throwable failure;
    private transient boolean fromTier2;
    private transient volatile boolean detached;

    void detach() {
        detached = true;
    }

    boolean detached() {
        return detached;
    }

    /** Lands with a value of the source, or with none. */
    void complete(@Nullable V value) {
        this.value = value;
        releaseShared(LANDED);
    }

    /** Lands with a value of tier 2. */
    void completeFromTier2(V value) {
        this.value = value;
        this.fromTier2 = true;
        releaseShared(LANDED);
    }

    void fail(Throwable failure) {
        this.failure = failure;
        releaseShared(LANDED);
    }

    /** Whether tier 2 had the value; to be asked after {@link #join} returned. */
    boolean fromTier2() {
        return fromTier2;
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
        if (!tryAcquireSharedNanos(LANDED, nanos)) {
            throw new TimeoutException();
        }
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
