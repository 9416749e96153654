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

    private final Arrivals<K, V> arrivals;
    private final EarlyRefresh<K, V> early;

    ReadThrough(Reading<K, V> reading, Arrivals<K, V> arrivals) {
        this.reading = reading;
        this.arrivals = arrivals;
        this.early = new EarlyRefresh<>(reading, this::source);
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
                early.refresh(key, entry, source);
            }
            return arrivals.present(key, entry.value);
        }
        if (reading.ticker.read() - entry.retryAt() < 0) {
            counters.staleServed.increment();
            return arrivals.present(key, entry.value);
        }
        return readMissing(key, entry, source);
    }

    /** Loads a key again in the background, while its value is still served. */
    void refresh(K key, Entry<V> entry, EntrySource<? super K, V> source) {
        early.refresh(key, entry, source);
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
                return arrivals.await(key, other, stale, true);
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
            return arrivals.present(key, landed(flight));
        }
        try {
            return arrivals.await(key, flight, attempt.fallback(), false);
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
