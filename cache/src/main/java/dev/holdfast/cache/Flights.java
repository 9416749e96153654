package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The loads under way on this node, at most one per key that anybody can join.
 *
 * <p>Lock-free for callers: each step is one atomic operation of the map. Bounded by the number of threads that load.
 *
 * <p>Also knows which thread waits for which flight of any cache, so that loads which need each other are noticed before
 * they wait for ever: a thread says what it is going to wait for before it looks, so of several that close a circle at the
 * same time at least one sees it.
 */
final class Flights<K, V> {
    private static final ConcurrentHashMap<Thread, Flight<?>> WAITING = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<K, Flight<V>> underWay = new ConcurrentHashMap<>();
    private final Set<Batch<K>> batches = ConcurrentHashMap.newKeySet();

    /**
     * Values on their way from tier 2 to tier 1 that nobody joins. Barriers fence them as they are stored; only for what no
     * barrier stands are they detached.
     */
    static final class Batch<K> {
        private final Collection<K> keys;
        private final long begunNanos;
        private volatile boolean detached;

        private Batch(Collection<K> keys, long begunNanos) {
            this.keys = keys;
            this.begunNanos = begunNanos;
        }

        boolean detached() {
            return detached;
        }
    }

    /** Registers a batch, before tier 2 is asked. */
    Batch<K> begin(Collection<K> keys, long now) {
        Batch<K> batch = new Batch<>(keys, now);
        batches.add(batch);
        return batch;
    }

    void end(Batch<K> batch) {
        batches.remove(batch);
    }

    /** Whether a batch has been under way since before that moment, so that no barrier may be forgotten. */
    boolean anySince(long nanos) {
        for (Batch<K> batch : batches) {
            if (batch.begunNanos - nanos < 0) {
                return true;
            }
        }
        return false;
    }

    /** Registers a flight; returns the one already there instead, if any that can be joined. */
    @Nullable
    Flight<V> register(K key, Flight<V> flight) {
        while (true) {
            Flight<V> other = underWay.putIfAbsent(key, flight);
            if (other == null || !other.closed()) {
                return other;
            }
            flight.older = underWay(other);
            if (underWay.replace(key, other, flight)) {
                return null;
            }
            flight.older = null;
        }
    }

    /** The flight, if it has not landed, with those before it that have not. */
    private static <V> @Nullable Flight<V> underWay(@Nullable Flight<V> newest) {
        Flight<V> flight = newest;
        while (flight != null && flight.landed()) {
            flight = flight.older;
        }
        for (Flight<V> kept = flight; kept != null; kept = kept.older) {
            Flight<V> next = kept.older;
            if (next != null && next.landed()) {
                kept.older = next.older;
            }
        }
        return flight;
    }

    /** Detaches a flight that takes too long and registers another in its place; false if it was not there any more. */
    boolean replace(K key, Flight<V> slow, Flight<V> flight) {
        slow.detach();
        flight.older = underWay(slow.older);
        if (underWay.replace(key, slow, flight)) {
            return true;
        }
        flight.older = null;
        return false;
    }

    /**
     * Removes a flight that has landed, unless a barrier removed it before. One that is older and still under way takes its
     * place again: nobody joins that, but a fence must find it.
     */
    void land(K key, Flight<V> flight) {
        if (flight.older == null) {
            underWay.remove(key, flight);
        } else {
            underWay.computeIfPresent(key, (k, newest) -> newest == flight ? underWay(flight.older) : newest);
        }
    }

    /** Lets nobody join the load of this key any more, and nothing it brings be stored. */
    void detach(K key) {
        Flight<V> flight = underWay.get(key);
        if (flight != null) {
            detachWithOlder(flight);
            underWay.remove(key, flight);
        }
    }

    /** Lets nobody join the load of this key any more. */
    void close(K key) {
        Flight<V> flight = underWay.get(key);
        if (flight != null) {
            flight.close();
        }
    }

    /** Lets nobody join any load registered so far. */
    void closeAll() {
        underWay.values().forEach(Flight::close);
    }

    /** Detaches every load and batch registered so far; returns their keys. */
    List<K> detachAll() {
        List<K> detached = new ArrayList<>();
        underWay.forEach((key, flight) -> {
            detachWithOlder(flight);
            underWay.remove(key, flight);
            detached.add(key);
        });
        for (Batch<K> batch : batches) {
            batch.detached = true;
            detached.addAll(batch.keys);
        }
        return detached;
    }

    private static <V> void detachWithOlder(Flight<V> newest) {
        for (Flight<V> flight = newest; flight != null; flight = flight.older) {
            flight.detach();
        }
    }

    int size() {
        return underWay.size();
    }

    /**
     * Announces that the current thread is going to wait for a flight; {@link #waited()} takes it back.
     *
     * @return false if that flight, in the end, waits for this thread
     */
    static boolean waitFor(Flight<?> flight) {
        Thread self = Thread.currentThread();
        WAITING.put(self, flight);
        Flight<?> next = flight;
        for (int steps = 0; next != null && !next.landed() && steps < 64; steps++) {
            Thread pilot = next.pilot();
            if (pilot == self) {
                WAITING.remove(self);
                return false;
            }
            next = pilot == null ? null : WAITING.get(pilot);
        }
        return true;
    }

    /** How many threads wait for flights of any cache; for tests. */
    static int waiting() {
        return WAITING.size();
    }

    /** The same for a thread that is inside a loader, which does not wait for a flight that is parked either. */
    static boolean waitForUrgently(Flight<?> flight) {
        if (!waitFor(flight)) {
            return false;
        }
        if (!flight.urge()) {
            waited();
            return false;
        }
        return true;
    }

    /** The current thread waits no more. */
    static void waited() {
        WAITING.remove(Thread.currentThread());
    }
}
