package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of the fleet's invalidations, and the one place where barriers take effect.
 *
 * <p>Applying a barrier means, in this order: enter it, drop the key from tier 1, detach the load under way. A load
 * registers itself before it reads anything, and a store looks at the barriers inside its own exclusion, so whichever
 * way a load and a barrier cross, an older value is not stored and not joined.
 *
 * <p>{@code lock} guards the epoch, all changes to {@code applied} and the barriers, so that messages,
 * replies and repairs take effect one after another. Under it run Caffeine's per-key exclusion and the keys' {@code
 * equals} and {@code hashCode}; no loader, codec, listener or network call.
 */
final class Coherence<K, V> {
    private final Tier1<K, V> tier1;
    private final Flights<K, V> flights;
    private final Barriers barriers;
    private final KeyNames<K> names;
    private final Counters counters;
    private final RedisClock clock;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();

    private String epoch = "";

    /** {@code applied} before the last reading moved it, in this history: a message that the reading overtook shows a loss. */
    private long appliedBeforeRead;

    private volatile long applied;

    /** Grows whenever Redis turned out to have lost something; what was synchronized before that no longer is. */
    private volatile long losses;

    Coherence(
            Tier1<K, V> tier1,
            Flights<K, V> flights,
            Barriers barriers,
            KeyNames<K> names,
            Counters counters,
            RedisClock clock,
            Ticker ticker) {
        this.tier1 = tier1;
        this.flights = flights;
        this.barriers = barriers;
        this.names = names;
        this.counters = counters;
        this.clock = clock;
        this.ticker = ticker;
    }

    /** The newest stamp up to which this node has applied everything; whatever it loads from now on is born then. */
    long applied() {
        return applied;
    }

    long losses() {
        return losses;
    }

    String epoch() {
        lock.lock();
        try {
            return epoch;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A local fence, without a stamp: before an invalidation leaves this node, and while Redis is away. No barrier would
     * stop a load that stores between the two steps, so here the load is detached first: it finds that out inside the
     * exclusion of its store, or it stored before the drop.
     */
    void fence(List<K> keys) {
        for (K key : keys) {
            flights.detach(key);
            tier1.drop(key);
        }
    }

    /**
     * Applies an announcement.
     *
     * @return whether something before it is missing, so that the log must be read
     */
    boolean receive(ControlLog.Message message) {
        List<@Nullable K> keys = decode(message.keys());
        boolean incomplete = receive(message, keys);
        applyUnknown(message.keys(), keys);
        return incomplete;
    }

    private boolean receive(ControlLog.Message message, List<@Nullable K> keys) {
        lock.lock();
        try {
            boolean sameHistory = message.epoch().equals(epoch);
            if (sameHistory && message.stamp() <= applied) {
                // Known: most often the echo of this node's own, whose reply was faster.
                return jumpsOver(appliedBeforeRead, message.previous(), message.stamp());
            }
            if (message.raisesFloor()) {
                if (sameHistory) {
                    raiseFloor(message.stamp());
                } else {
                    invalidateEverything(); // Its stamp means nothing here until the log is read.
                }
            }
            for (int i = 0; i < keys.size(); i++) {
                apply(message.keys().get(i), keys.get(i), message.stamp(), !sameHistory);
            }
            counters.invalidationsReceived.add(keys.size());
            return advance(sameHistory, message.previous(), message.stamp());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Applies what Redis answered to an invalidation of this node: always, even if a repair ran ahead of the answer.
     *
     * @return whether something before it is missing, so that the log must be read
     */
    boolean applyOwn(ControlLog.Minted minted, List<String> escaped, List<@Nullable K> keys) {
        lock.lock();
        try {
            boolean sameHistory = minted.epoch().equals(epoch);
            if (sameHistory) {
                raiseFloor(minted.floor());
            }
            for (int i = 0; i < keys.size(); i++) {
                apply(escaped.get(i), keys.get(i), minted.stamp(), true);
            }
            if (minted.historyLost()) {
                lose();
            }
            return advance(sameHistory, minted.previous(), minted.stamp());
        } finally {
            lock.unlock();
        }
    }

    /** Applies a reading of the log that was asked for at that moment. */
    void applyRead(ControlLog.Read read, long askedAtNanos) {
        List<String> escaped = read.gap().stream().map(ControlLog.Barrier::key).toList();
        List<@Nullable K> keys = decode(escaped);
        lock.lock();
        try {
            clock.set(read.redisMicros(), askedAtNanos);
            boolean newHistory = !read.epoch().equals(epoch);
            if (newHistory) {
                barriers.reset(read.floor());
                invalidateEverything();
                epoch = read.epoch();
            } else {
                raiseFloor(read.floor());
                if (applied < read.pruned() && applied < read.stamp()) {
                    invalidateEverything();
                }
            }
            if (newHistory || read.raised() != 0) {
                lose();
            }
            for (int i = 0; i < keys.size(); i++) {
                apply(escaped.get(i), keys.get(i), read.gap().get(i).stamp(), false);
            }
            if (!keys.isEmpty()) {
                counters.repairs.increment();
                counters.invalidationsReceived.add(keys.size());
            }
            if (newHistory) {
                appliedBeforeRead = read.stamp();
            } else if (read.stamp() > applied) {
                appliedBeforeRead = applied;
            }
            applied = Math.max(applied, read.stamp());
            tier1.contact(askedAtNanos);
        } finally {
            lock.unlock();
        }
        applyUnknown(escaped, keys);
    }

    /** Forgets barriers whose work is done. */
    void prune(long replayWindowMicros) {
        lock.lock();
        try {
            barriers.prune(clock.micros() - replayWindowMicros);
        } finally {
            lock.unlock();
        }
    }

    /** The oldest stamp at which a value of a key may be born. */
    long required(String escaped) {
        return barriers.required(escaped);
    }

    int barrierCount() {
        return barriers.size();
    }

    Ticker ticker() {
        return ticker;
    }

    List<@Nullable K> decode(List<String> escaped) {
        List<@Nullable K> keys = new ArrayList<>(escaped.size());
        for (String key : escaped) {
            keys.add(names.unescape(key));
        }
        return keys;
    }

    private void apply(String escaped, @Nullable K key, long stamp, boolean whateverItsAge) {
        if (!barriers.enter(escaped, stamp)) {
            flights.detachAll(); // It became a new floor.
        }
        if (key == null) {
            return;
        }
        if (whateverItsAge) {
            tier1.drop(key);
        } else {
            tier1.dropOlder(key, stamp);
        }
        flights.detach(key);
    }

    /**
     * Looks again at keys whose text meant nothing before their barriers were entered. A codec that learns the key type from
     * the first key may have met that key since, and its load may have stored before it could see the barrier.
     */
    private void applyUnknown(List<String> escaped, List<@Nullable K> keys) {
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i) == null && (flights.size() > 0 || tier1.size() > 0)) {
                K key = names.unescape(escaped.get(i));
                if (key != null) {
                    tier1.dropOlder(key, barriers.required(escaped.get(i)));
                    flights.detach(key);
                }
            }
        }
    }

    private void raiseFloor(long floor) {
        if (barriers.raiseFloor(floor)) {
            flights.detachAll();
        }
    }

    private void invalidateEverything() {
        // No barrier stands for it, so nothing under way may be stored once tier 1 is empty.
        List<K> underWay = flights.detachAll();
        tier1.dropAll();
        underWay.forEach(tier1::drop); // dropAll passes over a store under way; its own exclusion does not.
    }

    private boolean advance(boolean sameHistory, long previous, long stamp) {
        if (!sameHistory) {
            return true;
        }
        if (previous == applied) {
            applied = stamp;
            return false;
        }
        jumpsOver(applied, previous, stamp);
        return stamp > applied;
    }

    /** Stamps form a chain: a link that jumps over one we applied belongs to a chain that lost it. */
    private boolean jumpsOver(long ours, long previous, long stamp) {
        boolean jumps = previous < ours && ours < stamp;
        if (jumps) {
            lose();
        }
        return jumps;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock; volatile for those who read the metric.
    private void lose() {
        losses = losses + 1;
    }
}
