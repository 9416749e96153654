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
    private static final long SLACK_MICROS = 2_000_000;

    /** Some microseconds: longer than a short announcement takes to apply. */
    private static final int SPINS = 200;

    private final Tier1<K, V> tier1;
    private final Flights<K, V> flights;
    private final Barriers barriers;
    private final KeyNames<K> names;
    private final Counters counters;
    private final RedisClock clock;
    private final Ticker ticker;
    private final WideFence<K, V> wide;
    private final ReentrantLock lock = new ReentrantLock();

    private String epoch = "";

    /** {@code applied} before the last reading moved it, in this history: a message that the reading overtook shows a loss. */
    private long appliedBeforeRead;

    private volatile long applied;

    /** A history this node has heard of but not read, and the newest stamp it heard of there. */
    private String unreadEpoch = "";

    private long unreadStamp;

    private volatile long contacted;

    /** Newest stamp heard of in this history. */
    private volatile long newest;

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
        this.wide = new WideFence<>(tier1, flights, names);
        this.contacted = ticker.read();
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

    /** The same for barriers of any kind, when Redis has not taken them: looks at every entry of tier 1. */
    void fenceWide(List<Member> members) {
        wide.raise(members);
    }

    /** Forbids everything on this node, without a stamp. */
    void fenceAll() {
        lock.lock();
        try {
            invalidateEverything();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Applies an announcement.
     *
     * @return whether something before it is missing, so that the log must be read
     */
    boolean receive(ControlLog.Message message) {
        List<@Nullable K> keys = decode(message.members());
        boolean incomplete = receive(message, keys);
        applyUnknown(message.members(), keys);
        return incomplete;
    }

    /** What became of an announcement that was to be applied at once. */
    enum Receipt {
        /** Applied. */
        COMPLETE,
        /** Applied, but something before it is missing, so that the log must be read. */
        INCOMPLETE,
        /** Not touched: somebody else is applying something, or it may take long. */
        LATER
    }

    /**
     * Applies an announcement if that is quick: it waits for nobody but for stores of its own keys, which take
     * microseconds, and touches nothing but those keys, the loads under way and as many barriers as it names.
     */
    Receipt tryReceive(ControlLog.Message message) {
        if (message.raisesFloor() || !spin()) {
            return Receipt.LATER;
        }
        try {
            if (!message.epoch().equals(epoch)
                    || !barriers.roomFor(message.members().size())) {
                return Receipt.LATER; // It may empty tier 1, or go through all barriers.
            }
            return receive(message) ? Receipt.INCOMPLETE : Receipt.COMPLETE;
        } finally {
            lock.unlock();
        }
    }

    private boolean receive(ControlLog.Message message, List<@Nullable K> keys) {
        acquire();
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
                apply(message.members().get(i), keys.get(i), message.stamp(), !sameHistory);
            }
            counters.invalidationsReceived.add(keys.size());
            return advance(message.epoch(), message.previous(), message.stamp());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Applies what Redis answered to an invalidation of this node: always, even if a repair ran ahead of the answer.
     *
     * @return whether something before it is missing, so that the log must be read
     */
    boolean applyOwn(ControlLog.Minted minted, List<Member> members, List<@Nullable K> keys) {
        acquire();
        try {
            boolean sameHistory = minted.epoch().equals(epoch);
            if (sameHistory) {
                raiseFloor(minted.floor());
            } else if (minted.raised() != 0) {
                invalidateEverything();
            }
            for (int i = 0; i < keys.size(); i++) {
                apply(
                        members.get(i),
                        keys.get(i),
                        minted.stamp(),
                        !sameHistory || members.get(i).kind() == Kind.KEY);
            }
            if (minted.historyLost()) {
                lose();
            }
            return advance(minted.epoch(), minted.previous(), minted.stamp());
        } finally {
            lock.unlock();
        }
    }

    /** Applies a reading of the log that was asked for at that moment. */
    void applyRead(ControlLog.Read read, long askedAtNanos) {
        List<Member> members =
                read.gap().stream().map(ControlLog.Barrier::member).toList();
        List<@Nullable K> keys = decode(members);
        lock.lock();
        try {
            clock.set(read.redisMicros(), askedAtNanos);
            boolean newHistory = !read.epoch().equals(epoch);
            if (newHistory) {
                // A reading may be older than what was heard of its history before it arrived, and would forget that.
                boolean overtaken = read.epoch().equals(unreadEpoch) && unreadStamp > read.stamp();
                barriers.reset(overtaken ? unreadStamp : read.floor());
                invalidateEverything();
                epoch = read.epoch();
            } else {
                raiseFloor(read.floor());
                if (applied < read.pruned() && applied < read.stamp()) {
                    invalidateEverything();
                }
            }
            barriers.forgotten(read.prunedWide());
            if (read.foreign() || read.pruned() >= read.stamp()) {
                raiseFloor(read.stamp()); // Some barriers are not known here, and tier 2 is read all the same.
            }
            if (newHistory || read.raised() != 0) {
                lose();
            }
            for (int i = 0; i < keys.size(); i++) {
                apply(members.get(i), keys.get(i), read.gap().get(i).stamp(), false);
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
            newest = newHistory ? read.stamp() : Math.max(newest, read.stamp());
            tier1.contact(askedAtNanos);
            contacted = askedAtNanos;
        } finally {
            lock.unlock();
        }
        applyUnknown(members, keys);
    }

    /**
     * An invalidation's reply and its echo arrive together, on two threads: whoever is second would be put to sleep and woken
     * up for a step of a few microseconds, while its caller waits.
     */
    private void acquire() {
        if (!spin()) {
            lock.lock();
        }
    }

    private boolean spin() {
        for (int i = 0; i < SPINS; i++) {
            if (lock.tryLock()) {
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    /** How far the newest stamp this node has heard of lies beyond what it has applied completely, in microseconds. */
    long behindMicros() {
        return Math.max(0, newest - applied);
    }

    /** When this node was last in step, in ticker nanoseconds. */
    long contactedNanos() {
        return contacted;
    }

    /**
     * Forgets barriers whose work is done, two seconds later than others do, and not while a value read from tier 2 more than
     * a second ago may still be stored.
     */
    void prune(long keyRetentionMicros, long wideRetentionMicros) {
        lock.lock();
        try {
            if (!flights.anySince(ticker.read() - SLACK_MICROS * 500)) {
                long now = clock.micros() - SLACK_MICROS;
                barriers.prune(now - keyRetentionMicros, now - wideRetentionMicros);
            }
        } finally {
            lock.unlock();
        }
    }

    Barriers barriers() {
        return barriers;
    }

    Ticker ticker() {
        return ticker;
    }

    /** The keys behind barriers of keys; null for all others, and for keys that this node cannot have. */
    List<@Nullable K> decode(List<Member> members) {
        List<@Nullable K> keys = new ArrayList<>(members.size());
        for (Member member : members) {
            keys.add(member.kind().wide() ? null : names.unescape(member.text()));
        }
        return keys;
    }

    private void apply(Member member, @Nullable K key, long stamp, boolean whateverItsAge) {
        if (!barriers.enter(member, stamp)) {
            flights.closeAll(); // It became a new floor.
        }
        switch (member.kind()) {
            case KEY -> {
                if (key != null) {
                    applyToKey(key, stamp, whateverItsAge);
                }
            }
            case SOFT_KEY -> {
                if (key != null) {
                    tier1.expire(key);
                    flights.close(key);
                }
            }
            case TAG, PREFIX, SOFT_TAG -> {
                if (whateverItsAge) {
                    invalidateEverything(); // Its stamp cannot be compared with what this node holds.
                } else {
                    flights.closeAll();
                }
            }
        }
    }

    private void applyToKey(K key, long stamp, boolean whateverItsAge) {
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
    private void applyUnknown(List<Member> members, List<@Nullable K> keys) {
        for (int i = 0; i < keys.size(); i++) {
            Member member = members.get(i);
            if (keys.get(i) == null && !member.kind().wide() && (flights.size() > 0 || tier1.size() > 0)) {
                K key = names.unescape(member.text());
                if (key == null) {
                    continue;
                }
                if (member.kind() == Kind.KEY) {
                    tier1.drop(key);
                    flights.detach(key);
                } else {
                    tier1.expire(key);
                }
            }
        }
    }

    private void raiseFloor(long floor) {
        if (barriers.raiseFloor(floor)) {
            flights.closeAll();
        }
    }

    private void invalidateEverything() {
        // No barrier stands for it, so nothing under way may be stored once tier 1 is empty.
        List<K> underWay = flights.detachAll();
        tier1.dropAll();
        underWay.forEach(tier1::drop); // dropAll passes over a store under way; its own exclusion does not.
    }

    private boolean advance(String historyOf, long previous, long stamp) {
        boolean sameHistory = historyOf.equals(epoch);
        if (!sameHistory) {
            unreadStamp = historyOf.equals(unreadEpoch) ? Math.max(unreadStamp, stamp) : stamp;
            unreadEpoch = historyOf;
            return true;
        }
        newest = Math.max(newest, stamp);
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
