package dev.holdfast.batch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a batch function should know about the request it loads for: the tenant, the user, the connection of a transaction.
 *
 * <p>Immutable and thread-safe as far as its values are; holds one value per type. Two contexts are equal if their values
 * are. Never null inside.
 */
public final class BatchContext {
    private static final BatchContext EMPTY = new BatchContext(Map.of());

    private final Map<Class<?>, Object> values;

    private BatchContext(Map<Class<?>, Object> values) {
        this.values = values;
    }

    /**
     * The context that says nothing.
     *
     * @return always the same
     */
    public static BatchContext empty() {
        return EMPTY;
    }

    /**
     * A context with one value.
     *
     * @param type under which type it is found, such as {@code Tenant.class} or {@code Connection.class}
     * @param value the value
     * @param <T> the type
     * @return the context
     */
    public static <T> BatchContext of(Class<T> type, T value) {
        return EMPTY.with(type, value);
    }

    /**
     * This context and one more value, in place of what it had of that type.
     *
     * @param type under which type it is found
     * @param value the value
     * @param <T> the type
     * @return a new context
     * @throws ClassCastException if the value is not of that type
     */
    public <T> BatchContext with(Class<T> type, T value) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(value, "value");
        Map<Class<?>, Object> more = new LinkedHashMap<>(values);
        more.put(type, type.cast(value));
        return new BatchContext(more);
    }

    /**
     * A value that must be there.
     *
     * @param type its type
     * @param <T> the type
     * @return the value
     * @throws IllegalStateException if there is none of exactly that type
     */
    public <T> T get(Class<T> type) {
        return find(type)
                .orElseThrow(() ->
                        new IllegalStateException("the context has no " + type.getName() + ", only " + values.keySet()
                                + ": open the scope with BatchContext.of(" + type.getSimpleName() + ".class, …)"));
    }

    /**
     * A value that may be there.
     *
     * @param type its type
     * @param <T> the type
     * @return the value, or empty
     */
    public <T> Optional<T> find(Class<T> type) {
        return Optional.ofNullable(type.cast(values.get(type)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BatchContext that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** The types, not the values: those may be secret. */
    @Override
    public String toString() {
        return "BatchContext" + values.keySet();
    }
}
