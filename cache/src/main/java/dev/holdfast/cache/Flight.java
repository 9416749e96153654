package dev.holdfast.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key on this node, which others join.
 *
 * <p>A barrier detaches it: nobody joins it any more and nothing it brings is stored, but whoever joined before gets its
 * value. It is detached before it leaves the table of flights, so a thread that finds it there may still join.
 */
final class Flight<V> {
    private final CompletableFuture<@Nullable V> result = new CompletableFuture<>();
    private volatile boolean detached;
    private volatile boolean fromTier2;

    void detach() {
        detached = true;
    }

    boolean detached() {
        return detached;
    }

    void complete(@Nullable V value) {
        result.complete(value);
    }

    /** Notes that tier 2 had the value, for the statistics of those who join. */
    void answeredByTier2() {
        fromTier2 = true;
    }

    boolean fromTier2() {
        return fromTier2;
    }

    void fail(Throwable failure) {
        result.completeExceptionally(failure);
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
        return result.get(nanos, TimeUnit.NANOSECONDS);
    }
}
