package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/**
 * Reads one value from the source behind a cache.
 *
 * <p>Runs on the thread of the caller that missed, under no lock of the cache, at most once at a time per key and node.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface Loader<K, V> {
    /**
     * Reads a value.
     *
     * @param key never null
     * @return the value, or null if the source has none
     * @throws Exception whatever the source throws; reaches the callers as {@link CacheLoadException}
     */
    @Nullable
    V load(K key) throws Exception;
}
