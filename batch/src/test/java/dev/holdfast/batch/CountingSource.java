package dev.holdfast.batch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A source that remembers what it was asked for, one list per call. */
final class CountingSource<K, V> implements BatchFunction<K, V> {
    final List<List<K>> calls = new CopyOnWriteArrayList<>();
    private final Function<K, V> values;

    CountingSource(Function<K, V> values) {
        this.values = values;
    }

    List<Integer> sizes() {
        return calls.stream().map(List::size).toList();
    }

    /** Users 0 to 9,999: the value of 7 is "user 7". */
    static CountingSource<Long, String> users() {
        return new CountingSource<>(id -> id < 0 ? null : "user " + id);
    }

    /** The order n belongs to the user n + 100,000. */
    static CountingSource<Long, Long> orders() {
        return new CountingSource<>(id -> id + 100_000);
    }

    @Override
    public Map<K, V> load(Set<K> keys, BatchCall<K> call) {
        calls.add(List.copyOf(keys));
        Map<K, V> found = new LinkedHashMap<>();
        for (K key : keys) {
            V value = values.apply(key);
            if (value != null) {
                found.put(key, value);
            }
        }
        return found;
    }
}
