package dev.holdfast.cache.call;

import dev.holdfast.cache.CacheLoadException;
import dev.holdfast.cache.Loader;
import dev.holdfast.cache.TieredCache;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts caches in front of services and functions, without a framework.
 *
 * <p>What the implementation throws reaches the caller as it is, checked exceptions included; callers that share a load
 * share the very exception, and so do those who ask within the cache's {@code retryAfter}. What the cache itself has to say (a
 * hard timeout, a key or value it cannot encode) keeps its own types. Everything returned is as thread-safe as the
 * implementation.
 */
public final class Cached {
    private Cached() {}

    /**
     * Wraps a service so that annotated methods of its interface read from caches or invalidate them; all others go
     * straight to the implementation.
     *
     * <pre>{@code
     * interface Catalog {
     *     @CacheResult("product")
     *     Product find(long id);
     *
     *     @CacheResult("search")
     *     List<Product> search(String text, int page);
     *
     *     @CacheInvalidate("product")
     *     @CacheInvalidate(value = "search", everything = true)
     *     void rename(@CacheKey long id, String name);
     * }
     *
     * Catalog catalog = Cached.wrap(Catalog.class, new SqlCatalog(), products, searches);
     * }</pre>
     *
     * <p>The key is formed of the parameters marked {@link CacheKey}, or of all. One parameter is the key itself, boxed: {@code
     * find} above wants a {@code TieredCache<Long, Product>}. Several, or none, are hashed by {@link KeyHash} under the cache's
     * name: {@code search} wants a {@code TieredCache<String, List<Product>>}. A call whose only key parameter is null is not cached.
     *
     * <p>An {@code Optional} is cached as its content, empty as absent. A {@code CompletableFuture} or {@code CompletionStage}
     * is cached as what it yields, and nobody waits. The caches' own loaders are not used here. Calls that the implementation
     * makes to itself do not pass through the caches.
     *
     * @param type the interface that carries the annotations
     * @param implementation is called for what the caches do not have
     * @param caches one for each name the annotations use; a cache belongs to one method
     * @param <S> the interface
     * @return the service in front of its caches
     * @throws dev.holdfast.core.ConfigurationException with everything that cannot work: a cache that is not given, a result
     *     that cannot be cached, keys that never meet
     */
    public static <S> S wrap(Class<S> type, S implementation, TieredCache<?, ?>... caches) {
        Objects.requireNonNull(implementation, "implementation");
        CachedService service = new CachedService(type, implementation, ServicePlan.of(type, List.of(caches)));
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, service));
    }

    /**
     * Remembers a function's results by its argument.
     *
     * @param cache holds the results; of no other function
     * @param function is asked for what the cache does not have; null means absent
     * @param <K> type of the argument, which is the key
     * @param <V> type of the result
     * @return the function in front of its cache; the argument null goes straight to the function
     */
    public static <K, V> Function<K, @Nullable V> function(
            TieredCache<K, V> cache, Function<? super K, ? extends @Nullable V> function) {
        return argument -> argument == null ? function.apply(argument) : get(cache, argument, function::apply);
    }

    /**
     * Remembers a function's results by a {@link KeyHash} of its arguments.
     *
     * @param cache holds the results; of no other function
     * @param function is asked for what the cache does not have; null means absent
     * @param <A> type of the first argument, which {@link KeyHash} must take
     * @param <B> type of the second argument, which {@link KeyHash} must take
     * @param <V> type of the result
     * @return the function in front of its cache
     */
    public static <A extends @Nullable Object, B extends @Nullable Object, V> BiFunction<A, B, @Nullable V> biFunction(
            TieredCache<String, V> cache, BiFunction<? super A, ? super B, ? extends @Nullable V> function) {
        return (first, second) -> get(
                cache, MethodPlan.KeyParts.hash(cache.name(), first, second), missing -> function.apply(first, second));
    }

    /**
     * Remembers one value under a key.
     *
     * @param cache holds the value
     * @param key under which; of no other supplier
     * @param supplier is asked if the cache does not have it; null means absent
     * @param <K> type of the key
     * @param <V> type of the value
     * @return the supplier in front of its cache
     */
    public static <K, V> Supplier<@Nullable V> supplier(
            TieredCache<K, V> cache, K key, Supplier<? extends @Nullable V> supplier) {
        Objects.requireNonNull(key, "key");
        return () -> get(cache, key, missing -> supplier.get());
    }

    private static <K, V> @Nullable V get(TieredCache<K, V> cache, K key, Loader<K, V> function) {
        try {
            return cache.get(key, missing -> {
                try {
                    return function.load(missing);
                } catch (Throwable failure) {
                    throw new Thrown(failure);
                }
            });
        } catch (CacheLoadException e) {
            Throwable original = Thrown.original(e);
            if (original instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (original instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }
}
