package dev.holdfast.batch;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A function that answers by position; the only place where positions are trusted, after their number was checked. */
record OrderedFunction<K, V>(BatchFunction.Ordered<K, V> function) implements BatchFunction<K, V> {

    @Override
    public Map<K, ? extends @Nullable V> load(Set<K> keys, BatchCall<K> call) throws Exception {
        List<K> asked = List.copyOf(keys);
        List<? extends @Nullable V> values = function.load(asked, call);
        if (values == null) {
            throw call.broken(
                    "the batch function returned null instead of a list: return an empty list if nothing was found");
        }
        if (values.size() != asked.size()) {
            throw call.broken(
                    "asked for " + asked.size() + " keys, got a list of " + values.size() + ": return one element"
                            + " for each key, in the order of the keys, null where there is no value; keys "
                            + Keys.sample(asked));
        }
        Map<K, V> byKey = new HashMap<>(asked.size() * 2);
        int i = 0;
        for (V value : values) {
            byKey.put(asked.get(i++), value);
        }
        return byKey;
    }
}
