package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Everything a fleet's readers saw, checked against what its writers were promised.
 *
 * <p>A read that began on the writing node after the invalidation returned, or on another node at least a bound later, must
 * not be older than what that invalidation announced.
 */
final class History {
    private record Invalidation(int node, long key, long version, long returned) {}

    private record Read(int node, long key, long version, long begun) {}

    private final ConcurrentHashMap<Long, ConcurrentLinkedQueue<Invalidation>> invalidations =
            new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();

    /** An invalidation of a key, whose source was at this version or newer, returned just now. */
    void invalidated(int node, long key, long version) {
        invalidations
                .computeIfAbsent(key, k -> new ConcurrentLinkedQueue<>())
                .add(new Invalidation(node, key, version, System.nanoTime()));
    }

    /** A read that began at that moment ended. */
    void read(int node, long key, long version, long begun) {
        reads.add(new Read(node, key, version, begun));
    }

    int readCount() {
        return reads.size();
    }

    /**
     * Finds broken promises.
     *
     * @param boundMillis how long after the return of an invalidation another node may still serve older values
     */
    List<String> violations(long boundMillis) {
        long bound = TimeUnit.MILLISECONDS.toNanos(boundMillis);
        List<String> found = new ArrayList<>();
        for (Read read : reads) {
            for (Invalidation past : invalidations.getOrDefault(read.key(), new ConcurrentLinkedQueue<>())) {
                long grace = past.node() == read.node() ? 0 : bound;
                if (read.version() < past.version() && read.begun() - past.returned() > grace) {
                    found.add("node " + read.node() + " read key " + read.key() + " version " + read.version() + ", "
                            + TimeUnit.NANOSECONDS.toMillis(read.begun() - past.returned()) + " ms after node "
                            + past.node() + " had invalidated version " + past.version());
                }
            }
        }
        return found;
    }
}
