package dev.holdfast.cache;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TieredCache} with futures in place of waiting: no thread is blocked while Redis or an asynchronous loader works.
 *
 * <p>Every future completes exceptionally with what the method of the same name throws. Dependents must not block: they may
 * run on an I/O thread. Cancelling a future does not stop a load that others share. Thread-safe.
 *
 * @param <K> key type
 * @param <V> value type
 */
public interface AsyncTieredCache<K, V> {
    /**
     * As {@link TieredCache#get(Object)}. A blocking loader runs on the cache's executor, an asynchronous one on none.
     *
     * @param key the key
     * @return the value, or null if the source has none; complete at once on a hit in tier 1
     */
    CompletableFuture<@Nullable V> get(K key);

    /**
     * As {@link TieredCache#get(Object, Loader)}, with an asynchronous loader.
     *
     * @param key the key
     * @param loader reads the value if neither tier has it
     * @return the value, or null if the source has none
     */
    CompletableFuture<@Nullable V> get(K key, AsyncLoader<? super K, ? extends V> loader);

    /**
     * As {@link TieredCache#getAll}.
     *
     * @param keys the keys; duplicates count once
     * @return the values found, in the order of the keys
     */
    CompletableFuture<Map<K, V>> getAll(Collection<? extends K> keys);

    /**
     * As {@link TieredCache#put}.
     *
     * @param key the key
     * @param value the value
     * @return completes when both tiers have it
     */
    CompletableFuture<Void> put(K key, V value);

    /**
     * As {@link TieredCache#putAll}.
     *
     * @param values the values by key
     * @return completes when both tiers have them
     */
    CompletableFuture<Void> putAll(Map<? extends K, ? extends V> values);

    /**
     * As {@link TieredCache#invalidate}.
     *
     * @param key the key
     * @return completes when it is announced
     */
    CompletableFuture<Void> invalidate(K key);

    /**
     * As {@link TieredCache#invalidateAll}.
     *
     * @param keys the keys
     * @return completes when all are announced
     */
    CompletableFuture<Void> invalidateAll(Collection<? extends K> keys);

    /**
     * As {@link TieredCache#invalidateTags}.
     *
     * @param tags tags
     * @return completes when all are announced
     */
    CompletableFuture<Void> invalidateTags(Collection<String> tags);

    /**
     * As {@link TieredCache#invalidatePrefix}.
     *
     * @param prefix one or more whole segments
     * @return completes when it is announced
     */
    CompletableFuture<Void> invalidatePrefix(String prefix);

    /**
     * As {@link TieredCache#clear}.
     *
     * @return completes when it is announced
     */
    CompletableFuture<Void> clear();

    /**
     * As {@link TieredCache#expire}.
     *
     * @param key the key
     * @return completes when it is announced
     */
    CompletableFuture<Void> expire(K key);

    /**
     * As {@link TieredCache#expireTag}.
     *
     * @param tag a tag
     * @return completes when it is announced
     */
    CompletableFuture<Void> expireTag(String tag);
}
