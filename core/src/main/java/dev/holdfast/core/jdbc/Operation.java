package dev.holdfast.core.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * Names what the current thread is doing, so that the statements it runs can be told apart by purpose.
 *
 * <pre>{@code
 * try (Operation ignored = Operation.begin("orders.list")) {
 *     repository.list(customer);
 * }
 * }</pre>
 *
 * <p>Operations nest; the innermost names a statement. Belongs to one thread: open and close it there, in order. The number of
 * names should be small, since they become a tag of metrics.
 */
public final class Operation implements AutoCloseable {
    private static final ThreadLocal<@Nullable Operation> CURRENT = new ThreadLocal<>();

    private final String name;
    private final @Nullable Operation outer;
    private boolean closed;

    private Operation(String name, @Nullable Operation outer) {
        this.name = name;
        this.outer = outer;
    }

    /**
     * Begins an operation on this thread.
     *
     * @param name its name, not empty
     * @return what ends it
     * @throws IllegalArgumentException if the name is blank
     */
    public static Operation begin(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of an operation is blank: give it a name such as orders.list");
        }
        Operation operation = new Operation(name, CURRENT.get());
        CURRENT.set(operation);
        return operation;
    }

    /**
     * The name of the innermost operation of this thread.
     *
     * @return null outside of any
     */
    public static @Nullable String current() {
        Operation operation = CURRENT.get();
        return operation == null ? null : operation.name;
    }

    /**
     * Ends the operation; a second call does nothing.
     *
     * @throws IllegalStateException if another operation that began later on this thread has not ended, or if this one began on
     *     another thread
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (CURRENT.get() != this) {
            throw new IllegalStateException("operation '" + name + "' is not the innermost one of thread "
                    + Thread.currentThread().getName() + ": close operations in reverse order, on their own thread");
        }
        closed = true;
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }
}
