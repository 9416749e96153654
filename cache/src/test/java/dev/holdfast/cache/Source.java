package dev.holdfast.cache;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The database behind the caches of a test: every key has a version that grows with each commit. */
final class Source {
    private final ConcurrentHashMap<Long, Long> versions = new ConcurrentHashMap<>();
    private final AtomicLong reads = new AtomicLong();

    /** What the database holds for a key. */
    String value(long key) {
        return "k" + key + " v" + versions.getOrDefault(key, 0L);
    }

    /** Commits a new version. */
    void commit(long key) {
        versions.merge(key, 1L, Long::sum);
    }

    String load(Long key) {
        reads.incrementAndGet();
        return value(key);
    }

    Map<Long, String> loadAll(Set<Long> keys) {
        Map<Long, String> found = new LinkedHashMap<>();
        keys.forEach(key -> found.put(key, load(key)));
        return found;
    }

    /** Values read so far. */
    long reads() {
        return reads.get();
    }

    /** The version in a value. */
    static long version(String value) {
        return Long.parseLong(value.substring(value.indexOf('v') + 1));
    }

    long version(long key) {
        return versions.getOrDefault(key, 0L);
    }
}
