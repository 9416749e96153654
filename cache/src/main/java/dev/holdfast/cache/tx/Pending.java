package dev.holdfast.cache.tx;

import dev.holdfast.cache.TieredCache;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is to be invalidated in one cache. Guarded by the lock of the {@link Invalidations} it was merged into.
 *
 * @param <K> the cache's key type
 */
final class Pending<K> {
    private final TieredCache<K, ?> cache;
    private final Set<K> keys = new LinkedHashSet<>();
    private final Set<String> tags = new LinkedHashSet<>();
    private final Set<String> prefixes = new LinkedHashSet<>();
    private boolean all;

    Pending(TieredCache<K, ?> cache) {
        this.cache = Objects.requireNonNull(cache, "cache");
    }

    TieredCache<K, ?> cache() {
        return cache;
    }

    void keys(Collection<? extends K> added) {
        for (K key : added) {
            keys.add(Objects.requireNonNull(key, "key"));
        }
        bound();
    }

    void tags(Collection<String> added) {
        for (String tag : added) {
            tags.add(Objects.requireNonNull(tag, "tag"));
        }
        bound();
    }

    void prefix(String added) {
        prefixes.add(Objects.requireNonNull(added, "prefix"));
        bound();
    }

    void all() {
        all = true;
        keys.clear();
        tags.clear();
        prefixes.clear();
    }

    /** Adds what another one has for the same cache. */
    @SuppressWarnings("unchecked") // The same cache, so the same key type.
    void merge(Pending<?> other) {
        if (all || other.all) {
            all();
            return;
        }
        keys.addAll((Set<K>) other.keys);
        tags.addAll(other.tags);
        prefixes.addAll(other.prefixes);
        bound();
    }

    private void bound() {
        if (all || keys.size() + tags.size() + prefixes.size() > Invalidations.MOST) {
            all();
        }
    }

    /** Adds the calls that invalidate all this; they share nothing with this object. */
    void addSteps(List<Runnable> steps) {
        if (all) {
            steps.add(cache::clear);
            return;
        }
        if (!keys.isEmpty()) {
            List<K> copy = List.copyOf(keys);
            steps.add(() -> cache.invalidateAll(copy));
        }
        if (!tags.isEmpty()) {
            List<String> copy = List.copyOf(tags);
            steps.add(() -> cache.invalidateTags(copy));
        }
        for (String prefix : prefixes) {
            steps.add(() -> cache.invalidatePrefix(prefix));
        }
    }
}
