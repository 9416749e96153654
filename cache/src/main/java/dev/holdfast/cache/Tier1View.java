package dev.holdfast.cache;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The fresh values of tier 1 as an unmodifiable map; weakly consistent, since Caffeine's own view is; {@code E} is what tier 1 holds. */
final class Tier1View<K, E, V> extends AbstractMap<K, V> {
    private final Map<K, E> entries;
    private final BiFunction<K, E, @Nullable V> fresh;

    Tier1View(Map<K, E> entries, BiFunction<K, E, @Nullable V> fresh) {
        this.entries = entries;
        this.fresh = fresh;
    }

    @Override
    @SuppressWarnings("unchecked") // An entry is found only under an equal key, and only keys of this type are there.
    public @Nullable V get(@Nullable Object key) {
        E entry = key == null ? null : entries.get(key);
        return entry == null ? null : fresh.apply((K) key, entry);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return get(key) != null;
    }

    @Override
    public Set<Map.Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Map.Entry<K, V>> iterator() {
                return new Fresh();
            }

            @Override
            public int size() {
                int size = 0;
                for (Iterator<?> all = iterator(); all.hasNext(); all.next()) {
                    size++;
                }
                return size;
            }
        };
    }

    /** Looks one ahead, so that what ends between two steps is not promised. */
    private final class Fresh implements Iterator<Map.Entry<K, V>> {
        private final Iterator<Map.Entry<K, E>> all = entries.entrySet().iterator();
        private Map.@Nullable Entry<K, V> next = advance();

        private Map.@Nullable Entry<K, V> advance() {
            while (all.hasNext()) {
                Map.Entry<K, E> candidate = all.next();
                V value = fresh.apply(candidate.getKey(), candidate.getValue());
                if (value != null) {
                    return Map.entry(candidate.getKey(), value);
                }
            }
            return null;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Map.Entry<K, V> next() {
            Map.Entry<K, V> result = next;
            if (result == null) {
                throw new NoSuchElementException();
            }
            next = advance();
            return result;
        }
    }
}
