package dev.holdfast.cache;

import java.util.Map;
import java.util.Set;

/**
 * Reads many values from the source behind a cache in one go.
 *
 * <p>Runs on the thread of the caller that missed, under no lock of the cache.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface BulkLoader<K, V> {
    /**
     * Reads values.
     *
     * @param keys what is missing; immutable, never empty
     * @return the values found; a key without an entry counts as absent. A null value, or a key that was not asked for, is an
     *     error of the whole call
     * @throws Exception whatever the source throws; reaches the callers as {@link CacheLoadException}
     */
    Map<K, V> loadAll(Set<K> keys) throws Exception;
}
