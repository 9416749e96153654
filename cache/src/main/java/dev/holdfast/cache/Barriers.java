package dev.holdfast.cache;

import java.util.concurrent.ConcurrentHashMap;

/**
 * The barriers this node has applied: a value born before the barrier of its key, or before the floor, is invalid.
 *
 * <p>Reads are lock-free; {@link Coherence} makes all changes under its lock. Bounded: beyond the limit everything older
 * than the newest stamp becomes invalid instead, which forgets nothing and costs some reloads.
 */
final class Barriers {
    private final int limit;
    private final ConcurrentHashMap<String, Long> keys = new ConcurrentHashMap<>();
    private volatile long floor;

    Barriers(int limit) {
        this.limit = limit;
    }

    long floor() {
        return floor;
    }

    /** The oldest stamp at which a value of this key may be born. */
    long required(String escapedKey) {
        Long barrier = keys.get(escapedKey);
        long least = floor;
        return barrier == null || barrier < least ? least : barrier;
    }

    /**
     * Enters the barrier of a key.
     *
     * @return false if that made the map overflow; the caller must treat it as a new floor
     */
    boolean enter(String escapedKey, long stamp) {
        keys.merge(escapedKey, stamp, Math::max);
        if (keys.size() <= limit) {
            return true;
        }
        raiseFloor(stamp);
        return false;
    }

    /** Raises the floor, if the stamp is newer; returns whether it was. */
    boolean raiseFloor(long stamp) {
        if (stamp <= floor) {
            return false;
        }
        floor = stamp;
        keys.values().removeIf(barrier -> barrier <= stamp);
        return true;
    }

    /** Forgets key barriers older than the horizon, by when every value they would fence is deleted or detached. */
    void prune(long horizon) {
        keys.values().removeIf(barrier -> barrier < horizon);
    }

    /** Starts over with the floor of another history. */
    void reset(long newFloor) {
        keys.clear();
        floor = newFloor;
    }

    int size() {
        return keys.size();
    }
}
