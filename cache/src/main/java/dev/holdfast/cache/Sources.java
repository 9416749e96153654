package dev.holdfast.cache;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One shape for all kinds of loaders. */
final class Sources {
    private Sources() {}

    static <K, V> EntrySource<K, V> of(Loader<? super K, ? extends V> loader) {
        return key -> loaded(loader.load(key));
    }

    static <K, V> BulkSource<K, V> ofBulk(BulkLoader<K, V> loader) {
        return keys -> {
            Map<K, V> values = present(keys, loader.loadAll(keys));
            Map<K, Loaded<V>> loaded = new LinkedHashMap<>();
            values.forEach((key, value) -> loaded.put(key, Loaded.of(value)));
            return loaded;
        };
    }

    static <K, V> BulkSource<K, V> ofDetailedBulk(DetailedBulkLoader<K, V> loader) {
        return keys -> present(keys, loader.loadAll(keys));
    }

    /** What was not asked for may be a mistake in the loader's mapping, which would show as values under wrong keys. */
    private static <K, T> Map<K, T> present(Set<K> keys, @Nullable Map<K, T> loaded) {
        Objects.requireNonNull(loaded, "the bulk loader returned null: return an empty map for nothing found");
        loaded.forEach((key, value) -> {
            if (key == null || !keys.contains(key)) {
                throw new IllegalStateException("the bulk loader returned key '" + key
                        + "', which it was not asked for: return the keys it was given, equal in type and value");
            }
            if (value == null) {
                throw new NullPointerException(
                        "the bulk loader mapped key '" + key + "' to null: leave out what the source does not have");
            }
        });
        return loaded;
    }

    /** Waits for an asynchronous loader, for callers that wait anyway. */
    static <K, V> EntrySource<K, V> waiting(AsyncLoader<K, V> loader) {
        return key -> {
            try {
                return loaded(Objects.requireNonNull(
                                loader.load(key),
                                "the loader returned null: return a completed stage for nothing found")
                        .toCompletableFuture()
                        .get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Exception cause && !(cause instanceof InterruptedException)) {
                    throw cause;
                }
                throw e;
            }
        };
    }

    /** The loader for single keys that the settings give, in the order of preference. */
    static <K, V> EntrySource<K, V> single(CacheSettings<K, V> settings) {
        if (settings.source() != null) {
            return settings.source();
        }
        BulkSource<K, V> bulk = settings.bulkSource();
        if (settings.asyncLoader() != null) {
            return waiting(settings.asyncLoader());
        }
        if (bulk != null) {
            return key -> bulk.load(Set.of(key)).getOrDefault(key, Loaded.absent());
        }
        return key -> {
            throw new MissingLoaderException("cache '" + settings.name()
                    + "' has no loader: set loader(...) on its builder, or use get(key, loader)");
        };
    }

    static <K, V> BulkSource<K, V> bulk(CacheSettings<K, V> settings, EntrySource<K, V> single) {
        if (settings.bulkSource() != null) {
            return settings.bulkSource();
        }
        return keys -> {
            Map<K, Loaded<V>> loaded = new LinkedHashMap<>();
            for (K key : keys) {
                loaded.put(key, single.load(key));
            }
            return loaded;
        };
    }

    /** Says nothing about the source, so it is not remembered as its failure. */
    static final class MissingLoaderException extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        MissingLoaderException(String message) {
            super(message);
        }
    }

    private static <V> Loaded<V> loaded(@Nullable V value) {
        return value == null ? Loaded.absent() : Loaded.of(value);
    }
}
