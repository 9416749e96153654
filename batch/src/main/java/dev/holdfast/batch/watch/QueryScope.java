package dev.holdfast.batch.watch;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One unit of work, such as a request, whose statements belong together.
 *
 * <pre>{@code
 * try (QueryScope scope = watch.open("GET /orders")) {
 *     handle(request);
 *     log.debug("{} statements", scope.report().statements());
 * }
 * }</pre>
 *
 * <p>Bound to the thread that opens it until it is closed there; tasks that it hands to other threads are wrapped. Scopes nest,
 * and a statement belongs to the innermost one and those around it. {@link #report} and the {@code wrap} methods are
 * thread-safe; opening and closing belong to one thread.
 */
public final class QueryScope implements AutoCloseable {
    private static final ThreadLocal<@Nullable QueryScope> CURRENT = new ThreadLocal<>();

    private final QueryWatch watch;
    private final ScopeLog log;
    private final @Nullable QueryScope outer;
    private final AtomicBoolean closed = new AtomicBoolean();

    private QueryScope(QueryWatch watch, ScopeLog log, @Nullable QueryScope outer) {
        this.watch = watch;
        this.log = log;
        this.outer = outer;
    }

    static QueryScope open(QueryWatch watch, ScopeLog log) {
        QueryScope scope = new QueryScope(watch, log, CURRENT.get());
        CURRENT.set(scope);
        return scope;
    }

    static @Nullable QueryScope current() {
        return CURRENT.get();
    }

    boolean belongsTo(QueryWatch asked) {
        return watch == asked;
    }

    ScopeLog log() {
        return log;
    }

    @Nullable
    QueryScope outer() {
        return outer;
    }

    /**
     * What ran so far, without the findings that the watch ignores.
     *
     * @return a snapshot
     */
    public QueryReport report() {
        return watch.withoutIgnored(log.report());
    }

    /**
     * Takes a task into this scope, whatever thread runs it.
     *
     * @param task the task
     * @return the task to hand over
     */
    public Runnable wrap(Runnable task) {
        return () -> {
            QueryScope before = CURRENT.get();
            CURRENT.set(this);
            try {
                task.run();
            } finally {
                restore(before);
            }
        };
    }

    /**
     * Takes a task into this scope, whatever thread runs it.
     *
     * @param task the task
     * @param <T> its result
     * @return the task to hand over
     */
    public <T extends @Nullable Object> Callable<T> wrap(Callable<T> task) {
        return () -> {
            QueryScope before = CURRENT.get();
            CURRENT.set(this);
            try {
                return task.call();
            } finally {
                restore(before);
            }
        };
    }

    private static void restore(@Nullable QueryScope before) {
        if (before == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(before);
        }
    }

    /**
     * Ends the scope and records its number of statements; a second call does nothing.
     *
     * @throws IllegalStateException if another scope that was opened later on this thread is still open, or if this one was
     *     opened on another thread
     */
    @Override
    public void close() {
        if (closed.get()) {
            return;
        }
        if (CURRENT.get() != this) {
            throw new IllegalStateException("query scope '" + log.name() + "' is not the innermost one of thread "
                    + Thread.currentThread().getName()
                    + ": close scopes in reverse order, on the thread that opened them");
        }
        if (closed.compareAndSet(false, true)) {
            restore(outer);
            watch.closed(log);
        }
    }
}
