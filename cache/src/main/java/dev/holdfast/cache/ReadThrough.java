package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.redis.RedisException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The way of one key that tier 1 does not have: tier 2, then the source, then both tiers; once at a time per node.
 *
 * <p>Everything happens on the caller's thread, under no lock. Who joins a load waits at most the lease time, then loads
 * for itself, in place of the load that does not end. A load started inside a loader never waits for another's, so loads that need each other cannot deadlock.
 */
final class ReadThrough<K, V> {
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Coherence<K, V> coherence;
    private final KeyNames<K> names;
    private final Counters counters;
    private final Steps steps;

    @SuppressWarnings("ThreadLocalUsage") // Each cache asks for its own loads; emptied when a load ends.
    private final ThreadLocal<@Nullable Set<K>> loadingHere = new ThreadLocal<>();

    ReadThrough(
            CacheSettings<K, V> settings,
            Tier1<K, V> tier1,
            Tier2Access<K, V> access,
            Flights<K, V> flights,
            Coherence<K, V> coherence,
            KeyNames<K> names,
            Counters counters) {
        this.settings = settings;
        this.tier1 = tier1;
        this.access = access;
        this.flights = flights;
        this.coherence = coherence;
        this.names = names;
        this.counters = counters;
        this.steps = settings.steps();
    }

    /** Whether the current thread is inside a loader of this cache. */
    boolean nested() {
        return loadingHere.get() != null;
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
    <T extends @Nullable Object> T loading(Collection<K> keys, Callable<T> loader) throws Exception {
        Set<K> outer = loadingHere.get();
        Set<K> loading = outer == null ? new HashSet<>() : new HashSet<>(outer);
        loading.addAll(keys);
        loadingHere.set(loading);
        try {
            return loader.call();
        } finally {
            if (outer == null) {
                loadingHere.remove();
            } else {
                loadingHere.set(outer);
            }
        }
    }

    @Nullable
    V read(K key, Loader<? super K, ? extends V> loader) {
        refuseRecursion(key);
        Flight<V> flight = new Flight<>();
        Flight<V> other = flights.register(key, flight);
        Flight<V> inPlaceOf = null;
        if (other != null) {
            if (!nested()) {
                try {
                    return join(key, other, settings.leaseTime().toNanos());
                } catch (TimeoutException e) {
                    counters.joinTimeouts.increment();
                    inPlaceOf = other;
                }
            }
            if (inPlaceOf == null || !flights.replace(key, inPlaceOf, flight)) {
                flight.detach(); // Not in the table, so no barrier would reach it: it may serve its caller and store
                // nothing.
            }
        }
        return fly(key, flight, loader);
    }

    /**
     * Waits for a load that another thread has begun.
     *
     * @throws TimeoutException if it takes longer than that
     */
    @Nullable
    V join(K key, Flight<V> other, long nanos) throws TimeoutException {
        try {
            V value = other.join(nanos);
            (other.fromTier2() ? counters.tier2Hits : counters.misses).increment();
            return value;
        } catch (ExecutionException e) {
            counters.misses.increment();
            if (e.getCause() instanceof HoldfastException failure) {
                throw failure;
            }
            throw failure(key, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadException(
                    "cache '" + settings.name() + "': interrupted while another thread was loading key '" + key + "'",
                    e);
        }
    }

    private @Nullable V fly(K key, Flight<V> flight, Loader<? super K, ? extends V> loader) {
        try {
            String escaped = names.escape(key);
            steps.at(Step.FLIGHT_REGISTERED, escaped);
            Budget budget = access.budget();
            V found = fromTier2(key, escaped, flight, budget);
            if (found != null) {
                flight.completeFromTier2(found);
                return found;
            }
            V landed = flight.detached() ? null : tier1.get(key);
            if (landed != null) {
                flight.complete(landed); // Another flight has landed since this caller looked.
                return landed;
            }
            counters.misses.increment();
            V value = fromSource(key, escaped, flight, loader, budget);
            flight.complete(value);
            return value;
        } catch (Throwable failure) {
            flight.fail(failure);
            throw failure;
        } finally {
            flights.land(key, flight);
        }
    }

    private @Nullable V fromTier2(K key, String escaped, Flight<V> flight, Budget budget) {
        if (!access.open(escaped)) {
            return null;
        }
        byte[] bytes;
        try {
            bytes = access.tier2().get(escaped, budget.left());
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            budget.spend();
            return null;
        }
        steps.at(Step.TIER2_ANSWERED, escaped);
        Values.Usable<V> usable = bytes == null
                ? null
                : access.values().usable(escaped, bytes, access.values().redisMicros());
        if (usable == null) {
            return null;
        }
        steps.at(Step.TIER2_VALIDATED, escaped);
        counters.tier2Hits.increment();
        tier1.store(key, escaped, usable.value(), usable.born(), usable.nanosToLive(), flight);
        return usable.value();
    }

    private byte @Nullable [] lease(String escaped, Budget budget) {
        if (budget.spent() || !access.open(escaped)) {
            return null;
        }
        try {
            byte[] token = access.tier2().lease(escaped, budget.left());
            steps.at(Step.LEASE_ANSWERED, escaped);
            if (token == null) {
                counters.fillsRefused.increment();
            }
            return token;
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return null;
        }
    }

    private @Nullable V fromSource(
            K key, String escaped, Flight<V> flight, Loader<? super K, ? extends V> loader, Budget budget) {
        byte[] token = lease(escaped, budget);
        boolean filled = false;
        try {
            long born = coherence.applied();
            steps.at(Step.BORN_READ, escaped);
            long begun = settings.ticker().read();
            V value = load(key, loader);
            Duration cost = Duration.ofNanos(settings.ticker().read() - begun);
            steps.at(Step.SOURCE_ANSWERED, escaped);
            if (value == null) {
                if (settings.requirePresent()) {
                    throw new AbsentValueException("cache '" + settings.name() + "': the source has no value for key '"
                            + key + "', and this cache was built with requirePresent()");
                }
                return null;
            }
            long life = access.lifeNanos();
            Tier2.Fill fill = token == null || access.leaseRanOut(budget.begun())
                    ? null
                    : access.values().wrap(escaped, token, value, born, life, cost);
            Entry<V> entry = tier1.store(key, escaped, value, born, life, flight);
            steps.at(Step.BEFORE_FILL, escaped);
            if (fill != null && !flight.detached()) {
                filled = true;
                access.fill(List.of(fill), List.of(key), entries(key, entry));
            }
            return value;
        } finally {
            if (token != null && !filled) {
                access.release(Map.of(escaped, token));
            }
        }
    }

    private static <K, V> Map<K, Entry<V>> entries(K key, @Nullable Entry<V> entry) {
        return entry == null ? Map.of() : Map.of(key, entry);
    }

    private @Nullable V load(K key, Loader<? super K, ? extends V> loader) {
        counters.loads.increment();
        try {
            return loading(List.of(key), () -> loader.load(key));
        } catch (Exception e) {
            counters.loadFailures.increment();
            throw failure(key, e);
        }
    }

    private CacheLoadException failure(Object keys, @Nullable Throwable cause) {
        return loadFailure(settings.name(), keys, cause);
    }

    static CacheLoadException loadFailure(String cache, Object keys, @Nullable Throwable cause) {
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return new CacheLoadException("cache '" + cache + "': loading key '" + keys + "' failed: " + cause, cause);
    }
}
