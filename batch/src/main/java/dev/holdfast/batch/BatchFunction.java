package dev.holdfast.batch;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Loads the values of many keys in one go, for instance by one query.
 *
 * <p>Must be thread-safe. It runs under no lock, with the keys of one scope only, and may load from any loader itself.
 * Whatever it throws fails the keys of the call; {@link BatchCall#fail} fails a single one.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface BatchFunction<K, V> {
    /**
     * Loads values.
     *
     * @param keys distinct, never empty, in the order in which they were asked for; immutable
     * @param call the context of the scope, the time that is left, and where single keys can be failed
     * @return the values found; a key without an entry, or with null, counts as absent. A key that was not asked for is an
     *     error of the whole call
     * @throws Exception whatever the source throws; reaches the callers as {@link BatchLoadException}
     */
    Map<K, ? extends @Nullable V> load(Set<K> keys, BatchCall<K> call) throws Exception;

    /**
     * Loads values into a list that has one element for each key.
     *
     * @param <K> the key type
     * @param <V> the value type
     */
    @FunctionalInterface
    interface Ordered<K, V> {
        /**
         * Loads values.
         *
         * @param keys distinct, never empty; immutable
         * @param call the context of the scope
         * @return as many elements as there are keys, in their order, null where there is no value
         * @throws Exception whatever the source throws
         */
        List<? extends @Nullable V> load(List<K> keys, BatchCall<K> call) throws Exception;
    }

    /**
     * Loads rows, any number of which belong to a key.
     *
     * @param <K> the key type
     * @param <E> the type of a row
     */
    @FunctionalInterface
    interface Rows<K, E> {
        /**
         * Loads rows.
         *
         * @param keys distinct, never empty; immutable
         * @param call the context of the scope
         * @return the rows of all keys, in any order; rows of one key keep theirs
         * @throws Exception whatever the source throws
         */
        Collection<? extends E> load(Set<K> keys, BatchCall<K> call) throws Exception;
    }

    /**
     * Adapts a function that returns a list in the order of the keys. A list of another size fails all keys.
     *
     * @param function returns one element for each key
     * @param <K> the key type
     * @param <V> the value type
     * @return the function in the shape that loaders take
     */
    static <K, V> BatchFunction<K, V> ordered(Ordered<K, V> function) {
        return new OrderedFunction<>(Objects.requireNonNull(function, "function"));
    }

    /**
     * Adapts a function that returns the rows of all keys together: one to many. A key without rows has an empty list. A row
     * of a key that was not asked for fails all keys.
     *
     * @param function returns rows
     * @param keyOf tells to which key a row belongs
     * @param <K> the key type
     * @param <E> the type of a row
     * @return the function in the shape that loaders take; its lists are immutable
     */
    static <K, E> BatchFunction<K, List<E>> grouped(Rows<K, E> function, Function<? super E, ? extends K> keyOf) {
        return new GroupedFunction<>(
                Objects.requireNonNull(function, "function"), Objects.requireNonNull(keyOf, "keyOf"));
    }
}
