package dev.holdfast.cache;

import java.util.Map;
import java.util.Set;

/** Many keys from the source, whichever kind of loader the user gave; a key without an entry is absent. */
@FunctionalInterface
interface BulkSource<K, V> {
    Map<K, Loaded<V>> load(Set<K> keys) throws Exception;
}
