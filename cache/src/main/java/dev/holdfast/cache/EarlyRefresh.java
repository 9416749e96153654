package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Loads values again before they end, in the background, while they are still served; once per fleet as far as it can tell. */
final class EarlyRefresh<K, V> {
    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Counters counters;
    private final Consumer<Attempt<K, V>> source;

    /** Refreshes under way, each of which takes a thread of the executor: at most as many as loads may run. */
    private final AtomicInteger underWay = new AtomicInteger();

    /**
     * Makes it.
     *
     * @param source asks the source, and ends the attempt
     */
    EarlyRefresh(Reading<K, V> reading, Consumer<Attempt<K, V>> source) {
        this.reading = reading;
        this.settings = reading.settings;
        this.access = reading.access;
        this.flights = reading.flights;
        this.counters = reading.counters;
        this.source = source;
    }

    /** Loads a key again in the background, while its value is still served. */
    void refresh(K key, Entry<V> entry, EntrySource<? super K, V> source) {
        if (underWay.incrementAndGet() > reading.gate.limit()) {
            underWay.decrementAndGet(); // Served as it is; the next hit draws lots again.
            return;
        }
        Flight<V> flight = new Flight<>();
        entry.retryAt(reading.ticker.read()
                + Math.max(1, settings.freshness().retryAfter().toNanos()));
        if (flights.register(key, flight) != null) {
            underWay.decrementAndGet();
            return;
        }
        counters.earlyRefreshes.increment();
        boolean unused = flight.park(); // Until a thread takes it up.
        try {
            Attempt<K, V> attempt = new Attempt<>(reading, key, reading.names.escape(key), flight, source, entry);
            reading.executor.execute(CallerContext.carry(() -> background(attempt, entry)));
        } catch (RuntimeException | Error e) { // The executor is full or closed: the value is loaded when it has ended.
            underWay.decrementAndGet();
            flight.complete(entry.value, Flight.Origin.TIER1);
            flights.land(key, flight);
            if (e instanceof Error error) {
                throw error;
            }
        }
    }

    private void background(Attempt<K, V> attempt, Entry<V> entry) {
        attempt.flight.board();
        attempt.flight.unpark();
        try {
            if (!refreshedElsewhere(attempt, entry)) {
                source.accept(attempt);
            }
        } catch (Throwable failure) { // Counted where it happened; whoever joined is told.
            attempt.flight.fail(failure);
        } finally {
            attempt.close();
            underWay.decrementAndGet();
        }
    }

    /** Another node may have been earlier. */
    private boolean refreshedElsewhere(Attempt<K, V> attempt, Entry<V> entry) {
        if (!access.open(attempt.escaped)) {
            return false;
        }
        try {
            byte[] bytes = access.tier2().get(attempt.escaped, attempt.budget.left());
            Values<K, V> values = access.values();
            Found<V> found = bytes == null ? null : values.usable(attempt.escaped, bytes, values.redisMicros());
            long left = entry.freshUntil() - reading.ticker.read();
            // A copy of this entry ends with it, give or take what the estimates of Redis's clock differ by.
            return found != null
                    && found.freshNanos() > left + Math.max(entry.loadNanos(), 50_000_000)
                    && attempt.answered(bytes);
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            attempt.budget.spend();
            return false;
        }
    }
}
