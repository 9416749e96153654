package dev.holdfast.cache;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Ticker;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What all ways of reading share: the parts, what they say of an entry, and what the current thread is loading. */
final class Reading<K, V> {
    final CacheSettings<K, V> settings;
    final Tier1<K, V> tier1;
    final Tier2Access<K, V> access;
    final Flights<K, V> flights;
    final Coherence<K, V> coherence;
    final KeyNames<K> names;
    final Counters counters;
    final LoadGate gate;
    final Executor executor;
    final Steps steps;

    /** How long barriers are kept at least, so that what takes longer is not stored. */
    final long longestNanos;

    final Ticker ticker;

    /** Of any cache: whoever is inside a loader must not wait for what may be waiting for it. */
    private static final ThreadLocal<@Nullable Integer> DEPTH = new ThreadLocal<>();

    @SuppressWarnings("ThreadLocalUsage") // Each cache asks for its own loads; emptied when a load ends.
    private final ThreadLocal<@Nullable Set<K>> loadingHere = new ThreadLocal<>();

    Reading(
            CacheSettings<K, V> settings,
            Tier1<K, V> tier1,
            Tier2Access<K, V> access,
            Flights<K, V> flights,
            Coherence<K, V> coherence,
            KeyNames<K> names,
            Counters counters,
            LoadGate gate,
            Executor executor) {
        this.settings = settings;
        this.tier1 = tier1;
        this.access = access;
        this.flights = flights;
        this.coherence = coherence;
        this.names = names;
        this.counters = counters;
        this.gate = gate;
        this.executor = executor;
        this.steps = settings.steps();
        this.longestNanos =
                settings.freshness().longestLife(settings.leaseTime()).toNanos();
        this.ticker = settings.ticker();
    }

    boolean fresh(Entry<V> entry) {
        return ticker.read() - entry.freshUntil() < 0;
    }

    /**
     * Whether a fresh entry should be loaded again before it ends: probabilistic early expiration, XFetch (Vattani,
     * Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015).
     */
    boolean dueEarly(Entry<V> entry) {
        long now = ticker.read();
        if (now - entry.checkAt < 0 || now - entry.retryAt() < 0) {
            return false;
        }
        double random = 1 - ThreadLocalRandom.current().nextDouble(); // Within (0, 1].
        double early =
                -Math.log(random) * entry.loadNanos() * settings.freshness().earlyRefresh();
        return early > 0 && early >= entry.freshUntil() - now;
    }

    /** Reports an absent value where the cache was built so. */
    void requirePresence(Object key) {
        if (settings.requirePresent()) {
            throw new AbsentValueException("cache '" + settings.name() + "': the source has no value for key '" + key
                    + "', and this cache was built with requirePresent()");
        }
    }

    /**
     * Whether to wait for who has the lease, and the flight is parked until then: not inside a loader, for whom that one may be waiting, and not if it may be an
     * older load of this node, which a barrier has closed and whose value would be of no use.
     */
    boolean mayPoll(Attempt<K, V> attempt) {
        return !nested() && attempt.flight.older == null && attempt.flight.park();
    }

    /** Announces that the current thread is going to wait for a flight; false if it must not, and is to load for itself. */
    static boolean mayJoin(Flight<?> flight) {
        return nested() ? Flights.waitForUrgently(flight) : Flights.waitFor(flight);
    }

    /** Whether the current thread is inside a loader of any cache. */
    static boolean nested() {
        return DEPTH.get() != null;
    }

    /** Refuses a loader that asks for what it is loading, which could never end. */
    void refuseRecursion(K key) {
        Set<K> loading = loadingHere.get();
        if (loading != null && loading.contains(key)) {
            throw new IllegalStateException("cache '" + settings.name() + "': the loader of key '" + key
                    + "' asks the cache for the same key: read it from the source there");
        }
    }

    /** Calls a loader, with a note of what the current thread is loading. */
    <T extends @Nullable Object> T loading(Collection<? extends K> keys, Callable<T> loader) throws Exception {
        Set<K> outer = loadingHere.get();
        Set<K> loading = outer == null ? new HashSet<>() : new HashSet<>(outer);
        loading.addAll(keys);
        loadingHere.set(loading);
        Integer depth = DEPTH.get();
        DEPTH.set(depth == null ? 1 : depth + 1);
        try {
            return loader.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Here, and not on the threads that are told of it.
            throw e;
        } finally {
            if (outer == null) {
                loadingHere.remove();
            } else {
                loadingHere.set(outer);
            }
            if (depth == null) {
                DEPTH.remove();
            } else {
                DEPTH.set(depth);
            }
        }
    }

    /** Prepares what was loaded; what the settings do not allow is a failed load. */
    void prepare(Attempt<K, V> attempt, @Nullable Loaded<V> loaded) {
        try {
            attempt.prepare(loaded);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new CacheLoadException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What a caller sees of a failure that another thread met, or that was met before. */
    RuntimeException again(Object key, @Nullable Throwable failure) {
        return failure instanceof HoldfastException known ? known : loadFailure(key, failure);
    }

    CacheLoadException loadFailure(Object keys, @Nullable Throwable cause) {
        return new CacheLoadException(
                "cache '" + settings.name() + "': loading key '" + keys + "' failed: " + cause, cause);
    }

    CacheLoadTimeoutException tooSlow(Object key, String what) {
        return new CacheLoadTimeoutException("cache '" + settings.name() + "': key '" + key + "' " + what);
    }
}
