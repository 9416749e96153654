package dev.holdfast.cache;

import java.util.Map;
import java.util.Set;

/**
 * Reads many values from the source behind a cache in one go, with options for each entry.
 *
 * <p>Runs where and as often as a {@link BulkLoader} does.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface DetailedBulkLoader<K, V> {
    /**
     * Reads values.
     *
     * @param keys what is missing; immutable, never empty
     * @return the values found with their options; a key without an entry counts as absent. A null value, or a key that was not
     *     asked for, is an error of the whole call
     * @throws Exception whatever the source throws; reaches the callers as {@link CacheLoadException}
     */
    Map<K, Loaded<V>> loadAll(Set<K> keys) throws Exception;
}
