package dev.holdfast.ratelimit;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of entries by subject and scope; a new one takes the place of one that is worth less.
 *
 * <p>Looking one up takes no lock and no time to speak of, and nothing has to be cleaned up. An entry can stand in one of
 * eight places, so the table gives up entries somewhat before it is full. Thread-safe; the locks are held for a few looks
 * only.
 */
final class Table<E extends Table.Entry> {
    private static final int WAYS = 8;
    private static final int LOCKS = 64;

    /** What stands in the table. */
    abstract static class Entry {
        final Subject subject;
        final String scope;

        Entry(Subject subject, String scope) {
            this.subject = subject;
            this.scope = scope;
        }

        final boolean is(Subject other, String otherScope) {
            return subject.equals(other) && scope.equals(otherScope);
        }

        /** How much would be lost with it at a time in microseconds; below 1 if nothing. */
        abstract long worth(long now);
    }

    /** Makes an entry. */
    interface Maker<E> {
        E make(Subject subject, String scope);
    }

    private final AtomicReferenceArray<@Nullable E> places;
    private final int sets;
    private final Object[] locks = new Object[LOCKS];

    Table(int capacity) {
        sets = Math.max(1, capacity / WAYS);
        places = new AtomicReferenceArray<>(sets * WAYS);
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    private int set(Subject subject, String scope) {
        int hash = (subject.hashCode() * 31 + scope.hashCode()) * 0x9E3779B9;
        return (int) (((hash & 0xFFFF_FFFFL) * sets) >>> 32);
    }

    @Nullable
    E get(Subject subject, String scope) {
        int from = set(subject, scope) * WAYS;
        for (int i = from; i < from + WAYS; i++) {
            E entry = places.get(i);
            if (entry != null && entry.is(subject, scope)) {
                return entry;
            }
        }
        return null;
    }

    /** The entry, made if there is none; what it displaces is gone. */
    E get(Subject subject, String scope, long now, Maker<E> maker) {
        E there = get(subject, scope);
        if (there != null) {
            return there;
        }
        int set = set(subject, scope);
        synchronized (locks[set % LOCKS]) {
            E meanwhile = get(subject, scope);
            if (meanwhile != null) {
                return meanwhile;
            }
            E made = maker.make(subject, scope);
            places.set(place(set * WAYS, now), made);
            return made;
        }
    }

    /** Puts an entry in the place of an older one of the same key, or of one that is worth least. */
    void put(E entry, long now) {
        int set = set(entry.subject, entry.scope);
        synchronized (locks[set % LOCKS]) {
            for (int i = set * WAYS; i < set * WAYS + WAYS; i++) {
                E there = places.get(i);
                if (there != null && there.is(entry.subject, entry.scope)) {
                    places.set(i, entry);
                    return;
                }
            }
            places.set(place(set * WAYS, now), entry);
        }
    }

    private int place(int from, long now) {
        int least = from;
        long worth = Long.MAX_VALUE;
        for (int i = from; i < from + WAYS; i++) {
            E there = places.get(i);
            if (there == null) {
                return i;
            }
            long itsWorth = there.worth(now);
            if (itsWorth < worth) {
                worth = itsWorth;
                least = i;
            }
        }
        return least;
    }

    void remove(Subject subject, String scope) {
        int set = set(subject, scope);
        synchronized (locks[set % LOCKS]) {
            for (int i = set * WAYS; i < set * WAYS + WAYS; i++) {
                E there = places.get(i);
                if (there != null && there.is(subject, scope)) {
                    places.set(i, null);
                }
            }
        }
    }

    /** Shows all entries, those that come or go meanwhile or not. */
    void forEach(Consumer<E> action) {
        for (int i = 0; i < places.length(); i++) {
            E entry = places.get(i);
            if (entry != null) {
                action.accept(entry);
            }
        }
    }

    /** How many places there are. */
    int capacity() {
        return places.length();
    }
}
