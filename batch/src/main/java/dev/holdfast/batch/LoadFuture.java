package dev.holdfast.batch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A future of one caller. To wait for it is to run what is due, so it cannot hang on a batch that nobody started; the same
 * holds for whatever is derived from it by {@code thenCompose} and its like.
 */
final class LoadFuture<T> extends CompletableFuture<T> {
    private final Dispatcher dispatcher;

    /** The key it stands for; null if it is derived. */
    final @Nullable Entry entry;

    /** The next future of the same key. */
    @Nullable
    LoadFuture<?> next;

    LoadFuture(Dispatcher dispatcher, @Nullable Entry entry) {
        this.dispatcher = dispatcher;
        this.entry = entry;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new LoadFuture<>(dispatcher, null);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // a CompletableFuture takes null; the value is the one of the key
    void completeWith(@Nullable Object value) {
        complete((T) value);
    }

    @Override
    public T join() {
        if (!isDone()) {
            dispatcher.joinFuture(this);
        }
        return super.join();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        if (!isDone()) {
            dispatcher.awaitFuture(this, 0);
        }
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        if (!isDone() && timeout > 0) {
            dispatcher.awaitFuture(this, Math.max(1, unit.toNanos(timeout)));
        }
        return super.get(0, TimeUnit.NANOSECONDS);
    }
}
