package dev.holdfast.batch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** A function whose rows are sorted into lists by key. */
record GroupedFunction<K, E>(BatchFunction.Rows<K, E> function, Function<? super E, ? extends K> keyOf)
        implements BatchFunction<K, List<E>> {

    @Override
    public Map<K, List<E>> load(Set<K> keys, BatchCall<K> call) throws Exception {
        Collection<? extends E> rows = function.load(keys, call);
        if (rows == null) {
            throw call.broken(
                    "the batch function returned null instead of rows: return an empty list if there are none");
        }
        Map<K, List<E>> groups = new HashMap<>(keys.size() * 2);
        for (K key : keys) {
            groups.put(key, List.of());
        }
        for (E row : rows) {
            K key = keyOf.apply(row);
            K asked = key == null ? null : call.normalize(key);
            List<E> group = asked == null ? null : groups.get(asked);
            if (group == null) {
                throw call.foreign(Collections.singletonList(key));
            }
            if (group.isEmpty()) {
                group = new ArrayList<>();
                groups.put(asked, group);
            }
            group.add(row);
        }
        groups.replaceAll((key, group) -> Collections.unmodifiableList(group));
        return groups;
    }
}
