package dev.holdfast.batch;

import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request, or another unit of work, within which loads are collected into batches and values are remembered.
 *
 * <p>The thread that opens a scope loads in it until it is closed; so do the threads of {@link #mapAll} and of {@linkplain #enroll
 * enrolled} tasks. Scopes nest, the innermost counts. Nothing passes from one scope to another: not keys, not values, not
 * contexts.
 *
 * <pre>{@code
 * try (BatchScope scope = BatchScope.open(BatchContext.of(Tenant.class, tenant))) {
 *     List<Order> found = scope.mapAll(ids, orders::load);                          // one query
 *     return scope.mapAll(found, order -> view(order, users.load(order.userId()))); // and one more
 * }
 * }</pre>
 *
 * <p>Thread-safe, but for {@link #close}, which belongs to the thread that opened it.
 */
public final class BatchScope implements AutoCloseable {
    private final Dispatcher dispatcher;
    private final Binding binding;
    private final int parallelism;

    BatchScope(BatchScopeBuilder settings) {
        this.dispatcher = Dispatcher.of(this, settings);
        this.parallelism = settings.parallelism;
        this.binding = new Binding(dispatcher, this, null);
        binding.push();
    }

    /**
     * Opens a scope without a context.
     *
     * @return the scope; close it on this thread
     */
    public static BatchScope open() {
        return builder().open();
    }

    /**
     * Opens a scope.
     *
     * @param context what batch functions are told: tenant, user
     * @return the scope; close it on this thread
     */
    public static BatchScope open(BatchContext context) {
        return builder().context(context).open();
    }

    /**
     * Opens a scope for a transaction: batch functions find the connection in their context, the sources of this module use it,
     * and all batches run on this thread. After a rollback, call {@link #clear}.
     *
     * @param connection the connection of the transaction, which the scope does not close
     * @return the scope; close it on this thread
     */
    public static BatchScope transaction(Connection connection) {
        return builder()
                .context(BatchContext.of(Connection.class, connection))
                .onThisThread()
                .open();
    }

    /**
     * Begins to describe a scope.
     *
     * @return settings with their defaults
     */
    public static BatchScopeBuilder builder() {
        return new BatchScopeBuilder();
    }

    /**
     * The scope in which this thread loads.
     *
     * @return the innermost, or empty outside scopes
     */
    public static Optional<BatchScope> current() {
        Binding current = Binding.current();
        return Optional.ofNullable(current == null ? null : current.scope);
    }

    /**
     * Whether the scope has ended.
     *
     * @return true after {@link #close}
     */
    public boolean isClosed() {
        return dispatcher.isClosed();
    }

    /**
     * What batch functions are told.
     *
     * @return as it was given when the scope was opened
     */
    public BatchContext context() {
        return dispatcher.context;
    }

    /**
     * Applies a function to each item, all at a time on threads of their own, and waits. What they load one by one goes out in
     * batches: as soon as all of them wait. They run with the caller's context if Micrometer's context propagation is on the
     * class path.
     *
     * @param items may hold nulls
     * @param function may load, also by nested {@code mapAll}; must be thread-safe
     * @param <T> the type of an item
     * @param <R> the type of a result
     * @return the results in the order of the items, immutable, with nulls where the function returned null
     * @throws RuntimeException the first failure in the order of the items, after all have ended; the others are suppressed in it
     * @throws ScopeClosedException if the scope is closed
     * @throws BatchException if this thread is interrupted; the items that have begun go on
     */
    public <T, R> List<R> mapAll(Collection<? extends T> items, Function<? super T, ? extends R> function) {
        Objects.requireNonNull(function, "function");
        MapRun<T, R> run = new MapRun<>(this, items.toArray(), function);
        if (items.isEmpty()) {
            return List.of();
        }
        Participant[] workers = dispatcher.enroll(Math.min(items.size(), parallelism), Participant.Origin.MAPPED);
        int started = 0;
        try {
            for (Participant worker : workers) {
                SharedTimer.workers().execute(CallerContext.capture().apply(() -> run.work(worker)));
                started++;
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // No more threads to be had: those that run take the other items, or else this one does.
            for (int i = started + 1; i < workers.length; i++) {
                dispatcher.leave(workers[i]);
            }
            if (started > 0) {
                dispatcher.leave(workers[started]);
            } else {
                run.work(workers[0]);
            }
        }
        try {
            dispatcher.await(run.end());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BatchException("mapAll: interrupted while " + items.size() + " items were under way", e);
        }
        return run.results();
    }

    /**
     * Makes a task load in this scope, whatever thread runs it. From now on, not only from its start, batches wait until it waits
     * for a value or ends; so enroll all tasks before the first one starts, and hand each to an executor. One that never starts
     * holds others up for some milliseconds, no longer.
     *
     * @param task what to do
     * @param <T> the type of its result
     * @return the task, to be run once
     * @throws ScopeClosedException if the scope is closed
     */
    public <T> Callable<T> enroll(Callable<T> task) {
        Objects.requireNonNull(task, "task");
        Participant participant = dispatcher.enroll(1, Participant.Origin.ENROLLED)[0];
        return () -> {
            dispatcher.begin(participant);
            Binding inside = new Binding(dispatcher, this, participant);
            inside.push();
            try {
                return task.call();
            } finally {
                inside.pop();
                dispatcher.leave(participant);
            }
        };
    }

    /**
     * Makes a task load in this scope; see {@link #enroll(Callable)}.
     *
     * @param task what to do
     * @return the task, to be run once
     * @throws ScopeClosedException if the scope is closed
     */
    public Runnable enroll(Runnable task) {
        Objects.requireNonNull(task, "task");
        Callable<@Nullable Void> enrolled = enroll(() -> {
            task.run();
            return null;
        });
        return () -> {
            try {
                enrolled.call();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError("a Runnable throws no checked exception", e);
            }
        };
    }

    /**
     * Waits for a future, and runs what is due meanwhile, as {@code join} of a loader's own futures does: for those that are not,
     * such as {@code CompletableFuture.allOf(…)}.
     *
     * @param stage what to wait for
     * @param <T> the type of its result
     * @return the result
     * @throws CompletionException if it failed
     */
    public <T> T join(CompletionStage<T> stage) {
        LoadFuture<T> own = new LoadFuture<>(dispatcher, null);
        CompletionStage<T> ended = stage.whenComplete((value, failure) -> {
            if (failure == null) {
                own.complete(value);
            } else {
                own.completeExceptionally(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
            }
        });
        Objects.requireNonNull(ended);
        return ((CompletableFuture<T>) own).join();
    }

    /** Forgets all values: after a rollback, or a write whose reach is not known. Loads under way are not remembered. */
    public void clear() {
        dispatcher.forgetAll();
    }

    /**
     * Ends the scope. Loads that still wait for a value fail with {@link ScopeClosedException}; a batch function that runs is not
     * interrupted, but nobody gets what it returns. Does nothing the second time.
     */
    @Override
    public void close() {
        binding.pop();
        dispatcher.close();
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }
}
