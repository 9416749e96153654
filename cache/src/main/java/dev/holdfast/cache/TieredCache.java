package dev.holdfast.cache;

import dev.holdfast.core.health.HealthProbe;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.Callable;
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
     * Returns the value of a key if either tier has it; never asks the source.
     *
     * @param key the key
     * @return the value, or null if neither tier has one that may be served
     * @throws CodecException if the key cannot be encoded
     * @throws IllegalStateException if the cache is closed
     */
    @Nullable
    V getIfPresent(K key);

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
     * Makes every value that carries a tag invalid on every node. Costs one script call, however many values carry it.
     *
     * @param tag a tag, as the builder's function or the loader gave it to values
     * @throws IllegalArgumentException if the tag is empty or longer than a tag may be
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    default void invalidateTag(String tag) {
        invalidateTags(Collections.singletonList(tag)); // Which takes null too, to be refused by name.
    }

    /**
     * Makes every value that carries one of these tags invalid on every node, with one script call per 500.
     *
     * @param tags tags
     * @throws IllegalArgumentException as {@link #invalidateTag}
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void invalidateTags(Collection<String> tags);

    /**
     * Makes every value invalid whose key, as text, begins with a prefix. Costs one script call, however many there are.
     *
     * @param prefix one or more whole segments, each ending with the cache's prefix delimiter, such as {@code "user:42:"}
     * @throws IllegalArgumentException if the prefix is empty or does not end with the delimiter
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void invalidatePrefix(String prefix);

    /**
     * Makes every value of this cache invalid on every node. Costs one script call; see {@link #purge} for the memory in
     * Redis.
     *
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void clear();

    /**
     * Ends the freshness of a value on every node without forbidding it: the next read asks the source, and the old value
     * may still be served while the source is slow or fails, as long as {@code staleFor} allows.
     *
     * @param key the key
     * @throws CodecException if the key cannot be encoded
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void expire(K key);

    /**
     * Ends the freshness of every value that carries a tag; see {@link #expire(Object)}.
     *
     * @param tag a tag
     * @throws IllegalArgumentException as {@link #invalidateTag}
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    void expireTag(String tag);

    /**
     * Runs a write to the source between two invalidations of its key, so that the order of the source's commits decides,
     * and a crash after the commit leaves nothing old behind that was cached before it.
     *
     * @param key the key
     * @param writer writes to the source and commits; runs on this thread
     * @param <T> what the writer returns
     * @return what the writer returned
     * @throws Exception what the writer threw; the key is invalidated all the same
     * @throws InvalidationPendingException as {@link #invalidate}
     */
    <T extends @Nullable Object> T update(K key, Callable<T> writer) throws Exception;

    /**
     * Deletes values from Redis that no node can use any more, at a bounded pace. Nothing needs this to be correct: it
     * frees memory after {@link #clear}, {@link #invalidateTag} or {@link #invalidatePrefix} before the values expire.
     *
     * <p>It walks through the keys of one primary after the other, on this thread, and stops when the thread is interrupted.
     * In a cluster a primary that fails keeps nobody from purging the others; values whose slot moves meanwhile may be
     * passed over.
     *
     * @param keysPerSecond how many values to look at per second at most, at least 1, on all primaries together
     * @return how many were deleted; of an interrupted purge, how many until then
     * @throws dev.holdfast.core.redis.RedisException if a primary failed on the way; what could be deleted on the others is
     *     deleted, and the message tells how many and where the end was not reached
     */
    long purge(int keysPerSecond);

    /**
     * The fresh values of tier 1 for inspection: an unmodifiable view, weakly consistent, that counts nothing and loads
     * nothing.
     *
     * @return the view; its size is exact only while nothing changes
     */
    Map<K, V> asMap();

    /**
     * The same cache with futures in place of waiting.
     *
     * @return the view
     */
    AsyncTieredCache<K, V> async();

    /**
     * A probe named {@code cache.<name>}: whether tier 2 is in use, how far this node is behind, journal, hit rate.
     *
     * @return the probe
     */
    HealthProbe healthProbe();

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
