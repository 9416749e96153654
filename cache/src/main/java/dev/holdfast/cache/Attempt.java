package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key, and the steps of it that wait for nothing; who drives it decides how to wait between them.
 *
 * <p>Belongs to one thread at a time. It always ends in {@link #served}, {@link #land} or {@link #failed}, each of which
 * lands the flight, and then in {@link #close}.
 */
final class Attempt<K, V> {
    private final Reading<K, V> reading;
    final K key;
    final String escaped;
    final Flight<V> flight;
    final EntrySource<? super K, V> source;
    final Budget budget;

    /** What may be served if the source is slow or fails; looked at again before it is. */
    private @Nullable Entry<V> fallback;

    private byte @Nullable [] token;
    private long leasedAt;
    private boolean filled;
    private @Nullable Found<V> found;
    private Tier2.@Nullable Fill fill;
    private @Nullable Entry<V> stored;
    private long born;
    private long begun;

    Attempt(
            Reading<K, V> reading,
            K key,
            String escaped,
            Flight<V> flight,
            EntrySource<? super K, V> source,
            @Nullable Entry<V> fallback) {
        this.reading = reading;
        this.key = key;
        this.escaped = escaped;
        this.flight = flight;
        this.source = source;
        this.fallback = fallback;
        this.budget = reading.access.budget();
    }

    @Nullable
    Entry<V> fallback() {
        return fallback;
    }

    /** Judges what tier 2 holds; true if that is fresh, and the flight has landed. */
    boolean answered(byte @Nullable [] bytes) {
        reading.steps.at(Step.TIER2_ANSWERED, escaped);
        if (bytes == null) {
            return false;
        }
        Values<K, V> values = reading.access.values();
        Found<V> found;
        Entry<V> stored;
        // Its clock is read before Redis's: what decoding takes must not lengthen the life in tier 1.
        try (Tier1<K, V>.Stores stores = reading.tier1.stores()) {
            found = values.usable(escaped, bytes, values.redisMicros());
            if (found == null) {
                return false;
            }
            reading.steps.at(Step.TIER2_VALIDATED, escaped);
            stored = stores.store(key, escaped, found, flight);
        }
        if (found.fresh()) {
            reading.counters.tier2Hits.increment();
            flight.complete(found.value(), Flight.Origin.TIER2);
            return true;
        }
        if (stored != null) {
            fallback = stored;
        }
        return false;
    }

    /** Looks whether another flight has landed since the caller looked; true if so, and this one has landed with it. */
    boolean landedMeanwhile() {
        Entry<V> landed = flight.detached() ? null : reading.tier1.look(key);
        if (landed == null || landed == fallback || landed.failure() != null || !reading.fresh(landed)) {
            // What is to be replaced is not what another flight has landed.
            return false;
        }
        reading.counters.tier1Hits.increment();
        flight.complete(landed.value, Flight.Origin.TIER1);
        return true;
    }

    /** This node has the lease that it asked for at that moment, or goes on without one. */
    void leased(byte @Nullable [] token, long askedNanos) {
        this.token = token;
        this.leasedAt = askedNanos;
    }

    boolean hasLease() {
        return token != null;
    }

    /** Ends with what is stale, if it still may be served; who asks again within that time gets it too. */
    boolean served(long retryNanos) {
        Entry<V> entry = fallback == null ? null : reading.tier1.look(key);
        if (entry == null || entry.failure() != null || flight.detached()) {
            return false;
        }
        boolean stale = !reading.fresh(entry);
        entry.retryAt(reading.ticker.read() + retryNanos);
        if (stale) {
            reading.counters.staleServed.increment();
        }
        flight.complete(entry.value, stale ? Flight.Origin.STALE : Flight.Origin.TIER1);
        return true;
    }

    /** The source is about to be asked. */
    void begin() {
        reading.counters.misses.increment();
        reading.counters.loads.increment();
        born = reading.coherence.applied();
        reading.steps.at(Step.BORN_READ, escaped);
        begun = reading.ticker.read();
    }

    /** How long the source has been working. */
    long tookNanos() {
        return reading.ticker.read() - begun;
    }

    /**
     * The source has answered: has the value encoded, tagged and given a life, and stores nothing yet.
     *
     * @throws RuntimeException if it cannot be cached as the settings demand
     */
    void prepare(@Nullable Loaded<V> loaded) {
        reading.steps.at(Step.SOURCE_ANSWERED, escaped);
        if (loaded == null) {
            throw new NullPointerException("the loader returned null: return Loaded.absent() for nothing found");
        }
        Values<K, V> values = reading.access.values();
        found = values.found(loaded, born, tookNanos());
        if (found != null && token != null && !reading.access.leaseRanOut(leasedAt)) {
            fill = values.wrap(escaped, token, found);
        }
    }

    /** Stores what was prepared in tier 1. */
    void store(Tier1<K, V>.Stores stores) {
        // The barrier of a tag is forgotten when every value it fences has ended, and a load must not outlast that.
        if (found != null && tookNanos() < reading.longestNanos) {
            stored = stores.store(key, escaped, found, flight);
        }
        reading.steps.at(Step.BEFORE_FILL, escaped);
    }

    /** What tier 2 is to take, which counts as taken; null if nothing. */
    Tier2.@Nullable Fill takeFill() {
        if (fill == null || flight.detached()) {
            return null;
        }
        filled = true;
        return fill;
    }

    /** The entry that tier 1 took, if it did. */
    @Nullable
    Entry<V> stored() {
        return stored;
    }

    /** Lands with what was loaded. */
    void land(@Nullable V value) {
        flight.complete(value, Flight.Origin.SOURCE);
    }

    /**
     * The source has failed: serves what is stale, or remembers the failure and lands with it.
     *
     * @return the failure, or null if something stale was served
     */
    @Nullable
    Throwable failed(Throwable failure) {
        Freshness freshness = reading.settings.freshness();
        long retryNanos = freshness.retryAfter().toNanos();
        boolean ofSource = failure instanceof CacheLoadException
                && !(failure instanceof AbsentValueException)
                && !(failure.getCause() instanceof Sources.MissingLoaderException);
        if (ofSource && served(retryNanos)) {
            return null;
        }
        boolean ofCaller = failure instanceof CacheLoadTimeoutException
                || failure.getCause() instanceof InterruptedException; // Says nothing about the source.
        if (ofSource && !ofCaller && retryNanos > 0 && !flight.detached()) {
            reading.tier1.storeFailure(key, (CacheLoadException) failure, born, retryNanos, flight);
        }
        flight.fail(failure);
        return failure;
    }

    /** Gives back what was not used, and lets nobody join any more. */
    void close() {
        reading.flights.land(key, flight);
        byte[] unused = token;
        if (unused != null && !filled) {
            reading.access.release(Map.of(escaped, unused));
        }
    }
}
