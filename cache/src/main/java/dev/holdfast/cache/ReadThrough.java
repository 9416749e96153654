package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.RedisException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The way of one key that is not simply a hit: what tier 1 has left of it, tier 2, then the source, then both tiers; once
 * at a time per node, and per fleet as far as tier 2 grants leases.
 *
 * <p>Everything happens on the caller's thread, under no lock, unless a timeout was set: then the source is asked on the
 * executor, and the caller waits for it as long as it may. Who joins a load waits at most the lease time, then loads for
 * itself, in place of the load that does not end. A load never waits for one that waits for it.
 */
final class ReadThrough<K, V> {
    private static final String TOO_MANY =
            "waited too long for its turn: %d loads are under way, as many as may be now; see maximumLoads(...)";

    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Counters counters;
    private final long leaseNanos;

    /** Early refreshes under way, each of which takes a thread of the executor: at most {@code maximumLoads}. */
    private final AtomicInteger refreshing = new AtomicInteger();

    ReadThrough(Reading<K, V> reading) {
        this.reading = reading;
        this.settings = reading.settings;
        this.tier1 = reading.tier1;
        this.access = reading.access;
        this.flights = reading.flights;
        this.counters = reading.counters;
        this.leaseNanos = settings.leaseTime().toNanos();
    }

    /** The value, or null if the source has none. */
    @Nullable
    V read(K key, EntrySource<? super K, V> source) {
        Entry<V> entry = tier1.look(key);
        if (entry == null) {
            return readMissing(key, null, source);
        }
        if (entry.failure() != null) {
            counters.misses.increment();
            throw reading.again(key, entry.failure());
        }
        if (reading.fresh(entry)) {
            counters.tier1Hits.increment();
            if (reading.dueEarly(entry)) {
                refresh(key, entry, source);
            }
            return present(key, entry.value);
        }
        if (reading.ticker.read() - entry.retryAt() < 0) {
            counters.staleServed.increment();
            return present(key, entry.value);
        }
        return readMissing(key, entry, source);
    }

    private @Nullable V present(K key, @Nullable V value) {
        if (value == null) {
            reading.requirePresence(key);
        }
        return value;
    }

    private @Nullable V readMissing(K key, @Nullable Entry<V> stale, EntrySource<? super K, V> source) {
        reading.refuseRecursion(key);
        Flight<V> flight = new Flight<>();
        Flight<V> other = flights.register(key, flight);
        boolean again = false;
        while (other != null) {
            if (!Reading.mayJoin(other)) {
                flight.detach();
                break;
            }
            try {
                return await(key, other, stale, true);
            } catch (TimeoutException e) {
                counters.joinTimeouts.increment();
                // Of all that waited one takes its place, and the others join that, once.
                other = flights.replace(key, other, flight) ? null : flights.register(key, flight);
                if (other != null && again) {
                    flight.detach(); // Not in the table, so no barrier would reach it: it may serve its caller and
                    // store nothing.
                    break;
                }
                again = true;
            } finally {
                Flights.waited();
            }
        }
        return fly(key, flight, stale, source);
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

    private @Nullable V fly(K key, Flight<V> flight, @Nullable Entry<V> stale, EntrySource<? super K, V> source) {
        flight.board();
        Attempt<K, V> attempt;
        try {
            attempt = new Attempt<>(reading, key, reading.names.escape(key), flight, source, stale);
        } catch (Throwable failure) {
            flight.fail(failure);
            flights.land(key, flight);
            throw failure;
        }
        boolean handedOver = false;
        try {
            reading.steps.at(Step.FLIGHT_REGISTERED, attempt.escaped);
            if (!fromTier2(attempt) && !attempt.landedMeanwhile()) {
                handedOver = settings.freshness().timed() && !Reading.nested() && hand(attempt);
                if (!handedOver) {
                    source(attempt);
                }
            }
        } catch (Throwable failure) {
            flight.fail(failure);
            throw failure;
        } finally {
            if (!handedOver) {
                attempt.close();
            }
        }
        if (!handedOver) {
            return present(key, landed(flight));
        }
        try {
            return await(key, flight, attempt.fallback(), false);
        } catch (TimeoutException e) {
            counters.joinTimeouts.increment();
            throw reading.tooSlow(key, "was not loaded within leaseTime " + settings.leaseTime());
        }
    }

    private static <V> @Nullable V landed(Flight<V> flight) {
        try {
            return flight.outcome();
        } catch (ExecutionException e) {
            throw new AssertionError("a flight that failed throws before it is asked", e);
        }
    }

    /** Has the rest done on the executor; false if that does not take it. */
    private boolean hand(Attempt<K, V> attempt) {
        if (!attempt.flight.park()) {
            return false;
        }
        attempt.flight.unboard();
        try {
            reading.executor.execute(CallerContext.carry(() -> {
                attempt.flight.board();
                attempt.flight.unpark();
                try {
                    source(attempt);
                } catch (Throwable failure) { // Whoever waits for the flight is told.
                    attempt.flight.fail(failure);
                } finally {
                    attempt.close();
                }
            }));
            return true;
        } catch (RejectedExecutionException e) {
            attempt.flight.board();
            attempt.flight.unpark();
            return false;
        }
    }

    /** Loads a key again in the background, while its value is still served. */
    void refresh(K key, Entry<V> entry, EntrySource<? super K, V> source) {
        if (refreshing.incrementAndGet() > reading.gate.limit()) {
            refreshing.decrementAndGet(); // A later hit draws again.
            return;
        }
        Flight<V> flight = new Flight<>();
        entry.retryAt(reading.ticker.read()
                + Math.max(1, settings.freshness().retryAfter().toNanos()));
        if (flights.register(key, flight) != null) {
            refreshing.decrementAndGet();
            return;
        }
        counters.earlyRefreshes.increment();
        boolean unused = flight.park(); // Until a thread takes it up.
        try {
            Attempt<K, V> attempt = new Attempt<>(reading, key, reading.names.escape(key), flight, source, entry);
            reading.executor.execute(CallerContext.carry(() -> background(attempt, entry)));
        } catch (RuntimeException | Error e) { // The executor is full or closed: the value is loaded when it has ended.
            refreshing.decrementAndGet();
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
                source(attempt);
            }
        } catch (Throwable failure) { // Counted where it happened; whoever joined is told.
            attempt.flight.fail(failure);
        } finally {
            attempt.close();
            refreshing.decrementAndGet();
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

    private boolean fromTier2(Attempt<K, V> attempt) {
        if (!access.open(attempt.escaped)) {
            return false;
        }
        try {
            byte[] bytes = access.tier2().get(attempt.escaped, attempt.budget.left());
            counters.tier2Read(reading.ticker.read() - attempt.budget.begun());
            return attempt.answered(bytes);
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            attempt.budget.spend();
            return false;
        }
    }

    /** Asks the source, once this node may; the attempt ends here. */
    private void source(Attempt<K, V> attempt) {
        if (lease(attempt)) {
            return;
        }
        boolean alone = access.tier2Away();
        boolean gated = !Reading.nested() && attempt.flight.park();
        if (gated && !enter(attempt, alone)) {
            return;
        }
        attempt.flight.unpark();
        boolean failed = true;
        attempt.begin();
        try {
            Loaded<V> loaded;
            try {
                loaded = reading.loading(List.of(attempt.key), () -> attempt.source.load(attempt.key));
                failed = false;
            } catch (Exception e) {
                counters.loadFailures.increment();
                throw reading.loadFailure(attempt.key, e);
            } finally {
                if (gated) {
                    reading.gate.leave(attempt.tookNanos(), failed, reading.ticker.read());
                }
            }
            land(attempt, loaded);
        } catch (Throwable failure) {
            Throwable left = attempt.failed(failure);
            if (left instanceof RuntimeException exception) {
                throw exception;
            } else if (left instanceof Error error) {
                throw error;
            }
        }
    }

    /** Stores, fills and lands what was loaded. */
    void land(Attempt<K, V> attempt, @Nullable Loaded<V> loaded) {
        reading.prepare(attempt, loaded);
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            attempt.store(stores);
        }
        Tier2.Fill fill = attempt.takeFill();
        if (fill != null) {
            access.fill(List.of(fill), List.of(attempt));
        }
        V value = loaded == null ? null : loaded.value(); // Null was refused above.
        if (value == null) {
            reading.requirePresence(attempt.key);
        }
        attempt.land(value);
    }

    /** Waits for its turn; false if something stale was served instead. */
    private boolean enter(Attempt<K, V> attempt, boolean alone) {
        Freshness freshness = settings.freshness();
        long patience = patienceNanos();
        try {
            if (reading.gate.enter(alone, attempt.fallback() == null ? patience : 0)) {
                return true;
            }
            counters.loadsRefused.increment();
            if (attempt.served(freshness.retryAfter().toNanos())) {
                return false;
            }
            if (attempt.fallback() != null && reading.gate.enter(alone, patience)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadException(
                    "cache '" + settings.name() + "': interrupted while key '" + attempt.key
                            + "' waited for its turn to be loaded",
                    e);
        }
        throw tooMany(attempt.key);
    }

    /** How long a load may wait for its turn. */
    long patienceNanos() {
        Duration hard = settings.freshness().hardTimeout();
        return hard != null ? hard.toNanos() : leaseNanos;
    }

    /** The turn of a load did not come in time. */
    CacheLoadTimeoutException tooMany(Object key) {
        return reading.tooSlow(key, TOO_MANY.formatted(reading.gate.limit()));
    }

    /** Waits until keys may be loaded that have nothing stale to serve instead, or not all of them. */
    void enter(Collection<K> keys) {
        try {
            if (reading.gate.enter(access.tier2Away(), patienceNanos())) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadException(
                    "cache '" + settings.name() + "': interrupted while keys " + keys
                            + " waited for their turn to be loaded",
                    e);
        }
        counters.loadsRefused.increment();
        throw tooMany(keys);
    }

    /** Gets the lease, or waits for the node that has it; true if the attempt has ended. */
    private boolean lease(Attempt<K, V> attempt) {
        if (attempt.budget.spent() || !access.open(attempt.escaped)) {
            return false;
        }
        try {
            long asked = reading.ticker.read();
            byte[] token = access.tier2().lease(attempt.escaped, attempt.budget.left());
            reading.steps.at(Step.LEASE_ANSWERED, attempt.escaped);
            if (token != null) {
                attempt.leased(token, asked);
                return false;
            }
            counters.leasesBusy.increment();
            if (attempt.served(PollPause.staleNanos())) {
                return true;
            }
            return reading.mayPoll(attempt) && poll(attempt);
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return false;
        }
    }

    /**
     * Looks again and again whether the other node has stored the value, or has let go of the lease; pauses grow with the
     * time already waited, so that the wait is never much longer than the load. A lease ends by itself, and so does this.
     */
    private boolean poll(Attempt<K, V> attempt) {
        Flight<V> flight = attempt.flight;
        flight.queueing(true);
        try {
            long begun = System.nanoTime();
            for (long waited = 0; waited < 2 * leaseNanos; waited = System.nanoTime() - begun) {
                pause(attempt.key, waited);
                if (!access.open(attempt.escaped)) {
                    return false;
                }
                long asked = reading.ticker.read();
                Claim claim =
                        access.tier2().claim(attempt.escaped, access.tier2().deadline());
                attempt.leased(claim.token(), asked);
                if (attempt.answered(claim.bytes())) {
                    return true;
                }
                if (claim.token() != null) {
                    return false;
                }
                if (attempt.served(PollPause.staleNanos())) {
                    return true;
                }
            }
            return false;
        } finally {
            flight.queueing(false);
            flight.unpark();
        }
    }

    /** Waits between two looks at what another node is loading. */
    void pause(Object key, long waited) {
        try {
            TimeUnit.NANOSECONDS.sleep(PollPause.nanos(waited));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CacheLoadException(
                    "cache '" + settings.name() + "': interrupted while another node was loading key '" + key + "'", e);
        }
    }
}
