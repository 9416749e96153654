package dev.holdfast.cache;

/** One key from the source, whichever kind of loader the user gave. */
@FunctionalInterface
interface EntrySource<K, V> {
    Loaded<V> load(K key) throws Exception;
}
