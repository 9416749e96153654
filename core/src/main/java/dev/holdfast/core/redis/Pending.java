package dev.holdfast.core.redis;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The future of an operation with a deadline: result, callback and timer task in one object.
 *
 * <p>The answer and the timer race for {@code settled} (a CAS); who wins settles the books before dependents run.
 */
final class Pending<T> extends CompletableFuture<T> implements BiConsumer<T, Throwable>, TimerTask {
    private static final VarHandle SETTLED;

    static {
        try {
            SETTLED = MethodHandles.lookup().findVarHandle(Pending.class, "settled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Keeps the books of an operation and words its failure. */
    interface Ledger {
        /** The operation succeeded. */
        void succeeded(long startNanos);

        /** The operation failed: what its caller gets to see. */
        Throwable failed(long startNanos, Throwable failure);

        /** The operation reached its deadline: what its caller gets to see. */
        Throwable expired(long startNanos);

        /** The link was closed before the operation ended: what its caller gets to see. */
        Throwable closed(long startNanos);
    }

    private final Ledger ledger;
    private final long startNanos;
    private @Nullable CompletableFuture<T> work;
    private volatile @Nullable Timeout timeout;

    /** Guarded by CAS. */
    @SuppressWarnings("unused") // accessed through SETTLED
    private volatile boolean settled;

    Pending(Ledger ledger, long startNanos) {
        this.ledger = ledger;
        this.startNanos = startNanos;
    }

    /** Starts to wait for the work; called once. */
    Pending<T> await(CompletionStage<T> stage, Timer timer, long nanos) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        work = future;
        if (!future.isDone()) {
            try {
                timeout = timer.newTimeout(this, nanos, TimeUnit.NANOSECONDS);
            } catch (IllegalStateException e) {
                // The timer stopped between the caller's look at the state and now.
                close();
            }
        }
        stage.whenComplete(this);
        return this;
    }

    /** Bounds one internal command; fails with {@link RedisTimeoutException} or with the failure itself. */
    static <T> CompletableFuture<T> within(Timer timer, Duration limit, String what, CompletionStage<T> stage) {
        return new Pending<T>(
                        new Ledger() {
                            @Override
                            public void succeeded(long startNanos) {
                                // Nobody counts these.
                            }

                            @Override
                            public Throwable failed(long startNanos, Throwable failure) {
                                return Failures.unwrap(failure);
                            }

                            @Override
                            public Throwable expired(long startNanos) {
                                return new RedisTimeoutException(what + " was not answered within " + limit);
                            }

                            @Override
                            public Throwable closed(long startNanos) {
                                return new RedisException(
                                        "the link was closed before " + what + " was answered", true, null);
                            }
                        },
                        0)
                .await(stage, timer, limit.toNanos());
    }

    @Override
    public void accept(T value, @Nullable Throwable failure) {
        if (!SETTLED.compareAndSet(this, false, true)) {
            return;
        }
        Timeout running = timeout;
        if (running != null) {
            running.cancel();
        }
        if (failure == null) {
            ledger.succeeded(startNanos);
            complete(value);
        } else {
            completeExceptionally(ledger.failed(startNanos, failure));
        }
    }

    @Override
    public void run(Timeout expired) {
        if (SETTLED.compareAndSet(this, false, true)) {
            giveUp(ledger.expired(startNanos));
        }
    }

    /** Ends the wait because the link is closed and no timer will. */
    void close() {
        if (SETTLED.compareAndSet(this, false, true)) {
            giveUp(ledger.closed(startNanos));
        }
    }

    private void giveUp(Throwable failure) {
        completeExceptionally(failure);
        CompletableFuture<T> abandoned = work;
        if (abandoned != null) {
            abandoned.cancel(true);
        }
    }
}
