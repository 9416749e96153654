package dev.holdfast.cache.jooq;

import dev.holdfast.cache.CacheLoadException;
import dev.holdfast.cache.Loader;
import dev.holdfast.cache.TieredCache;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** As much of a cache as a query cache needs, on one node: tags fence loads by stamps, values pass through their codec. */
final class FakeCache {
    private record Entry(byte[] bytes, Set<String> tags, long born) {}

    final List<String> invalidated = new CopyOnWriteArrayList<>();
    private final AtomicLong stamp = new AtomicLong();
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final Map<String, Long> barriers = new ConcurrentHashMap<>();
    private volatile long floor;

    @SuppressWarnings("unchecked") // The proxy is one for these types.
    final TieredCache<String, CachedRows> cache = (TieredCache<String, CachedRows>) Proxy.newProxyInstance(
            FakeCache.class.getClassLoader(), new Class<?>[] {TieredCache.class}, (proxy, method, args) -> {
                switch (method.getName()) {
                    case "equals":
                        return proxy == args[0];
                    case "hashCode":
                        return System.identityHashCode(proxy);
                    case "get":
                        return get((String) args[0], (Loader<String, CachedRows>) args[1]);
                    case "getIfPresent":
                        return present((String) args[0]);
                    case "invalidateTags":
                        Collection<String> tags = (Collection<String>) args[0];
                        invalidated.addAll(tags);
                        tags.forEach(tag -> barriers.put(tag, stamp.incrementAndGet()));
                        return null;
                    case "clear":
                        invalidated.add("*");
                        floor = stamp.incrementAndGet();
                        return null;
                    case "close":
                        return null;
                    default:
                        throw new UnsupportedOperationException(method.getName());
                }
            });

    private CachedRows present(String key) throws Exception {
        Entry entry = entries.get(key);
        boolean valid = entry != null
                && entry.born() >= floor
                && entry.tags().stream().allMatch(tag -> entry.born() >= barriers.getOrDefault(tag, 0L));
        return valid ? RowsCodec.INSTANCE.decode(entry.bytes()) : null;
    }

    private CachedRows get(String key, Loader<String, CachedRows> loader) throws Exception {
        CachedRows present = present(key);
        if (present != null) {
            return present;
        }
        long born = stamp.get();
        CachedRows loaded;
        try {
            loaded = loader.load(key);
        } catch (Exception e) {
            throw new CacheLoadException("key " + key, e);
        }
        entries.put(key, new Entry(RowsCodec.INSTANCE.encode(loaded), loaded.tags(), born));
        return loaded;
    }
}
