package dev.holdfast.cache;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Begins to read one value from the source behind a cache, and returns without waiting for it.
 *
 * <p>May run on an I/O thread, so it must not block. At most once at a time per key and node.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
@FunctionalInterface
public interface AsyncLoader<K, V> {
    /**
     * Begins to read a value.
     *
     * @param key never null
     * @return completes with the value, with null if the source has none, or with what went wrong; not null itself
     * @throws Exception whatever the source throws at once; reaches the callers as {@link CacheLoadException}
     */
    CompletionStage<? extends @Nullable V> load(K key) throws Exception;
}
