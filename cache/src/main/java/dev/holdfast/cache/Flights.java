package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The loads under way on this node, at most one per key that anybody can join.
 *
 * <p>Lock-free for callers: each step is one atomic operation of the map. Bounded by the number of threads that load.
 */
final class Flights<K, V> {
    private final ConcurrentHashMap<K, Flight<V>> underWay = new ConcurrentHashMap<>();

    /** Registers a flight; returns the one already there instead, if any. */
    @Nullable
    Flight<V> register(K key, Flight<V> flight) {
        return underWay.putIfAbsent(key, flight);
    }

    /** Detaches a flight that takes too long and registers another in its place; false if it was not there any more. */
    boolean replace(K key, Flight<V> slow, Flight<V> flight) {
        slow.detach();
        return underWay.replace(key, slow, flight);
    }

    /** Removes a flight that has landed, unless a barrier removed it before. */
    void land(K key, Flight<V> flight) {
        underWay.remove(key, flight);
    }

    /** Lets nobody join the load of this key any more, and nothing it brings be stored. */
    void detach(K key) {
        Flight<V> flight = underWay.get(key);
        if (flight != null) {
            flight.detach();
            underWay.remove(key, flight);
        }
    }

    /** Detaches every load registered so far; returns their keys. */
    List<K> detachAll() {
        List<K> detached = new ArrayList<>();
        underWay.forEach((key, flight) -> {
            flight.detach();
            underWay.remove(key, flight);
            detached.add(key);
        });
        return detached;
    }

    int size() {
        return underWay.size();
    }
}
