package dev.holdfast.cache;

/**
 * Reads one value from the source behind a cache, with options for the entry: its life, its tags, whether to cache it.
 *
 * <p>Runs where and as often as a {@link Loader} does.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface DetailedLoader<K, V> {
    /**
     * Reads a value.
     *
     * @param key never null
     * @return the value and its options, or {@link Loaded#absent()}; not null
     * @throws Exception whatever the source throws; reaches the callers as {@link CacheLoadException}
     */
    Loaded<V> load(K key) throws Exception;
}
