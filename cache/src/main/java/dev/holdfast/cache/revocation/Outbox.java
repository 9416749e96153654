package dev.holdfast.cache.revocation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * What this node revoked and must not forget yet: owed to Redis, or sent in a connection whose server may still turn out
 * to have lost it.
 *
 * <p>Bounded: it takes no more than its bound of what is owed, all of a call or nothing; what was sent makes room first.
 * Knows no Redis and no clock: time is an argument, in ticker nanoseconds and wall-clock milliseconds. Reads take no lock;
 * changes take {@code lock}.
 */
final class Outbox {
    private static final long OWED = -1;

    /** A revocation, the generation of the link it was sent in or {@code OWED}, and when. */
    private record Item(Revocation revocation, long generation, long sentNanos) {
        boolean owed() {
            return generation == OWED;
        }
    }

    private final int maximum;
    private final long keepNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final ConcurrentHashMap<Fingerprint, Item> items = new ConcurrentHashMap<>();
    private volatile int owed;

    Outbox(int maximum, long keepNanos) {
        this.maximum = maximum;
        this.keepNanos = keepNanos;
    }

    /** What this node itself knows about a fingerprint: its milliseconds, or {@link RevokedSet#ABSENT}. */
    long find(Fingerprint fingerprint) {
        if (items.isEmpty()) {
            return RevokedSet.ABSENT;
        }
        Item item = items.get(fingerprint);
        return item == null ? RevokedSet.ABSENT : item.revocation().millis();
    }

    /** How many Redis does not have yet. */
    int owed() {
        return owed;
    }

    /** Takes revocations, all or none; false if there is no room. */
    boolean take(Collection<Revocation> revocations, long nowMillis) {
        lock.lock();
        try {
            long more = revocations.stream()
                    .map(revocation -> items.get(revocation.fingerprint()))
                    .filter(item -> item == null || !item.owed())
                    .count();
            if (owed + more > maximum) {
                forgetIf(item -> item.revocation().untilMillis() < nowMillis);
                if (owed + more > maximum) {
                    return false;
                }
            }
            for (Revocation revocation : revocations) {
                Item known = items.get(revocation.fingerprint());
                put(new Item(known == null ? revocation : known.revocation().max(revocation), OWED, 0));
            }
            makeRoom();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Redis has taken these, in a connection of that generation. */
    void sent(Collection<Revocation> revocations, long generation, long nowNanos) {
        lock.lock();
        try {
            for (Revocation revocation : revocations) {
                Item item = items.get(revocation.fingerprint());
                // What has been raised meanwhile is still owed.
                if (item != null && item.revocation().millis() == revocation.millis()) {
                    put(new Item(revocation, generation, nowNanos));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** What to send in a connection of that generation: everything owed, and what was sent in another one. */
    List<Revocation> due(long generation) {
        List<Revocation> due = new ArrayList<>();
        for (Item item : items.values()) {
            if (item.generation() != generation) {
                due.add(item.revocation());
            }
        }
        return due;
    }

    /** Forgets what was sent long enough ago, and what nothing can depend on any more. */
    void prune(long nowNanos, long nowMillis) {
        if (items.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            forgetIf(item -> item.revocation().untilMillis() < nowMillis
                    || (!item.owed() && nowNanos - item.sentNanos() > keepNanos));
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what was sent longest ago: a tenth more than needed, so that it is not sorted at every call. */
    private void makeRoom() {
        if (items.size() <= maximum) {
            return;
        }
        items.values().stream()
                .filter(item -> !item.owed())
                .sorted((a, b) -> Long.signum(a.sentNanos() - b.sentNanos()))
                .limit(items.size() - maximum + maximum / 10)
                .toList()
                .forEach(this::remove);
    }

    private void forgetIf(Predicate<Item> forgotten) {
        for (Item item : items.values()) {
            if (forgotten.test(item)) {
                remove(item);
            }
        }
    }

    private void put(Item item) {
        Item before = items.put(item.revocation().fingerprint(), item);
        count(item.owed(), before != null && before.owed());
    }

    private void remove(Item item) {
        items.remove(item.revocation().fingerprint());
        count(false, item.owed());
    }

    private void count(boolean isOwed, boolean wasOwed) {
        owed = owed + (isOwed ? 1 : 0) - (wasOwed ? 1 : 0);
    }
}
