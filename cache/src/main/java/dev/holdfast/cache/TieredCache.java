package dev.holdfast.cache;

import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache in two tiers, this process and Redis, that stays coherent across all nodes that share it.
 *
 * <p>A hit in tier 1 costs about what a Caffeine hit costs. A miss asks tier 2, then the source, at most once at a time per
 * key on this node. When Redis is away the cache goes on with tier 1 and the source, and heals by itself.
 *
 * <p><b>Guarantee.</b> After {@link #invalidate} returned:
 *
 * <ol>
 *   <li>this node never returns an older value;
 *   <li>a connected node never does, once the announcement has reached it or, if that was lost, at the next heartbeat;
 *   <li>no load that began before can put an older value back, on any node, in either tier;
 *   <li>a node that is cut off serves an entry no longer than {@code maxStale} beyond the cut, then asks the source.
 * </ol>
 *
 * <p>Across a failover or a flush of Redis, (2) and (3) hold once the invalidating node has reconnected and issued its
 * recent invalidations again, which it does before it reads tier 2. If Redis cannot be reached, an invalidation holds on
 * this node at once and elsewhere when it can be announced; see {@link OutagePolicy}. Outside the guarantee: the process
 * dies between its commit and {@code invalidate}, until the entry expires.
 *
 * <p>Thread-safe, also with virtual threads, which it does not pin. Keys and values are never null; a null key is a {@link
 * NullPointerException} that names it. Values are shared between callers: treat them as immutable.
 *
 * @param <K> key type, with {@code equals} and {@code hashCode}
 * @param <V> value type
 */
public interface TieredCache<K, V> extends AutoCloseable {

    /**
     * Starts building a cache.
     *
     * @param name name of the cache, the same on every node: letters, digits, dots, dashes and underscores
     * @param <K> key type
     * @param <V> value type
     * @return a builder; nothing is checked before {@link TieredCacheBuilder#build()}
     */
    static <K, V> TieredCacheBuilder<K, V> builder(String name) {
        return new TieredCacheBuilder<>(name);
    }

    /**
     * The name this cache was built with.
     *
     * @return the name
     */
    String name();

    /**
     * Returns the value of a key, loading it if neither tier has it. Threads of this node that ask for the same key
     * meanwhile share the value or the exception.
     *
     * @param key the key
     * @return the value, or null if the source has none
     * @throws CacheLoadException if the loader failed, or the key is absent and the cache requires it to be present
     * @throws CodecException if the key or the value cannot be encoded; nothing is cached
     * @throws IllegalStateException if the cache has no loader, is closed, or the loader of this key asks for it again
     */
    @Nullable
    V get(K key);

    /**
     * Like {@link #get(Object)}, with a loader for this call.
     *
     * @param key the key
     * @param loader reads the value if neither tier has it; ignored by a thread that joins another's load
     * @return the value, or null if the source has none
     * @throws CacheLoadException as {@link #get(Object)}
     * @throws CodecException as {@link #get(Object)}
     * @throws IllegalStateException if the cache is closed, or the loader of this key asks for it again
     */
    @Nullable
    V get(K key, Loader<? super K, ? extends V> loader);

    /**
     * Returns the values of many keys with one MGET (one per slot in Redis Cluster) and one bulk load.
     *
     * @param keys the keys; duplicates count once
     * @return the values found, in the order of the keys; keys that the source does not have are absent
     * @throws CacheLoadException as {@link #get(Object)}
     * @throws CodecException as {@link #get(Object)}
     * @throws IllegalStateException as {@link #get(Object)}
     */
    Map<K, V> getAll(Collection<? extends K> keys);

    /**
     * Stores a value in both tiers and invalidates it on every other node.
     *
     * <p>Puts are ordered by when they are stamped in Redis, not by the commits of the source: two concurrent writers may
     * leave the older value. Prefer {@link #invalidate} after the commit.
     *
     * @param key the key
     * @param value the value
     * @throws CodecException if the key or the value cannot be encoded; nothing is cached
     * @throws InvalidationPendingException under {@link OutagePolicy#THROW}, if Redis was not reached
     */
    void put(K key, V value);

    /**
     * Stores many values, in two round trips per 500.
     *
     * @param values the values by key
     * @throws CodecException as {@link #put}
     * @throws InvalidationPendingException as {@link #put}
     */
    void putAll(Map<? extends K, ? extends V> values);

    /**
     * Makes the cached value of a key invalid on every node; see the guarantee above. Call it after the source's commit.
     *
     * @param key the key
     * @throws CodecException if the key cannot be encoded
     * @throws InvalidationPendingException under {@link OutagePolicy#THROW}, if Redis was not reached
     */
    void invalidate(K key);

    /**
     * Makes the cached values of many keys invalid on every node, in two round trips per 500.
     *
     * @param keys the keys
     * @throws CodecException as {@link #invalidate}
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void invalidateAll(Collection<? extends K> keys);

    /**
     * What this node has counted.
     *
     * @return a snapshot
     */
    CacheStats stats();

    /**
     * Metrics of this cache: {@code cache.gets}, {@code cache.size} and others as Micrometer's cache binders name them, with
     * a {@code tier} tag, and {@code holdfast.cache.*}.
     *
     * @return binds to any number of registries
     */
    MeterBinder metrics();

    /** Ends the subscription and the thread of this cache and empties tier 1. The link stays open. Idempotent. */
    @Override
    void close();
}
