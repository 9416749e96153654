package dev.holdfast.cache;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How callers wait for flights, their own or those of others: as long as the timeouts say, with what is stale in its place if
 * that is allowed, and counted by where the value came from.
 */
final class Arrivals<K, V> {
    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Counters counters;
    private final long leaseNanos;

    Arrivals(Reading<K, V> reading) {
        this.reading = reading;
        this.settings = reading.settings;
        this.tier1 = reading.tier1;
        this.counters = reading.counters;
        this.leaseNanos = settings.leaseTime().toNanos();
    }

    /** The value as its caller gets it, who may have asked for one that must be there. */
    @Nullable
    V present(K key, @Nullable V value) {
        if (value == null) {
            reading.requirePresence(key);
        }
        return value;
    }

    /**
     * Waits for a flight, as long as the timeouts say.
     *
     * @throws TimeoutException if it takes longer than a lease lasts
     */
    @Nullable
    V await(K key, Flight<V> flight, @Nullable Entry<V> stale, boolean joined) throws TimeoutException {
        return await(key, flight, stale, joined, leaseNanos);
    }

    /** The same for one of several flights that share what a lease lasts. */
    @Nullable
    V await(K key, Flight<V> flight, @Nullable Entry<V> stale, boolean joined, long leaseNanos)
            throws TimeoutException {
        Freshness freshness = settings.freshness();
        long begun = System.nanoTime();
        try {
            if (freshness.softTimeout() != null && !freshness.staleFor().isZero()) {
                long soft = freshness.softTimeout().toNanos() - (stale == null ? 0 : flight.ageNanos());
                try {
                    return outcome(key, flight, flight.join(Math.max(0, soft)), joined);
                } catch (TimeoutException e) {
                    Entry<V> fallback = tier1.look(key);
                    if (fallback != null && fallback.failure() == null) {
                        counters.softTimeouts.increment();
                        counters.staleServed.increment();
                        return present(key, fallback.value);
                    }
                }
            }
            if (freshness.hardTimeout() != null) {
                long left = freshness.hardTimeout().toNanos() - (System.nanoTime() - begun);
                try {
                    return outcome(key, flight, flight.join(Math.max(0, left)), joined);
                } catch (TimeoutException e) {
                    counters.hardTimeouts.increment();
                    throw reading.tooSlow(
                            key, "was not loaded within hardTimeout " + freshness.hardTimeout() + "; the load goes on");
                }
            }
            while (true) {
                try {
                    return outcome(key, flight, flight.join(leaseNanos), joined);
                } catch (TimeoutException e) {
                    if (!flight.queueing()) { // It waits for another node, and has a bound of its own.
                        throw e;
                    }
                }
            }
        } catch (ExecutionException e) {
            if (joined) {
                counters.misses.increment();
            } else if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw reading.again(key, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadException(
                    "cache '" + settings.name() + "': interrupted while another thread was loading key '" + key + "'",
                    e);
        }
    }

    private @Nullable V outcome(K key, Flight<V> flight, @Nullable V value, boolean joined) {
        if (joined) {
            countJoined(flight.origin());
        }
        return present(key, value);
    }

    void countJoined(Flight.Origin origin) {
        switch (origin) {
            case TIER1 -> counters.tier1Hits.increment();
            case TIER2 -> counters.tier2Hits.increment();
            case STALE -> counters.staleServed.increment();
            case SOURCE -> counters.misses.increment();
        }
    }
}
