package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The ways of reading with futures in place of waiting.
 *
 * <p>The same steps as {@link ReadThrough}, driven by whatever answers: no thread waits for Redis, for another load or for
 * an asynchronous loader. A blocking loader runs on the executor.
 */
final class AsyncReads<K, V> {
    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Counters counters;
    private final Arrivals<K, V> arrivals;
    private final ReadThrough<K, V> single;
    private final long leaseNanos;

    AsyncReads(Reading<K, V> reading, Arrivals<K, V> arrivals, ReadThrough<K, V> single) {
        this.reading = reading;
        this.arrivals = arrivals;
        this.settings = reading.settings;
        this.tier1 = reading.tier1;
        this.access = reading.access;
        this.flights = reading.flights;
        this.counters = reading.counters;
        this.single = single;
        this.leaseNanos = settings.leaseTime().toNanos();
    }

    /** A loader in either form: asked where it may block, or where it must not. */
    record Origin<K, V>(@Nullable AsyncLoader<K, V> async, EntrySource<? super K, V> blocking) {}

    CompletableFuture<@Nullable V> read(K key, Origin<K, V> origin) {
        V hit = tier1.get(key);
        if (hit != null) {
            return CompletableFuture.completedFuture(hit);
        }
        try {
            Entry<V> entry = tier1.look(key);
            if (entry == null) {
                return readMissing(key, null, origin);
            }
            if (entry.failure() != null) {
                counters.misses.increment();
                return CompletableFuture.failedFuture(reading.again(key, entry.failure()));
            }
            boolean fresh = reading.fresh(entry);
            if (!fresh && reading.ticker.read() - entry.retryAt() >= 0) {
                return readMissing(key, entry, origin);
            }
            (fresh ? counters.tier1Hits : counters.staleServed).increment();
            if (fresh && reading.dueEarly(entry)) {
                single.refresh(key, entry, origin.blocking());
            }
            return CompletableFuture.completedFuture(arrivals.present(key, entry.value));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<@Nullable V> readMissing(K key, @Nullable Entry<V> stale, Origin<K, V> origin) {
        reading.refuseRecursion(key);
        String escaped = reading.names.escape(key);
        Flight<V> flight = new Flight<>();
        Flight<V> other = flights.register(key, flight);
        if (other != null) {
            if (Reading.nested()) {
                flight.detach(); // Whose future the loader waits for cannot be known here, so it waits for its own.
            } else {
                return replaced(key, escaped, await(key, other, true), other, flight, stale, origin);
            }
        }
        CompletableFuture<@Nullable V> result = await(key, flight, false);
        fly(new Attempt<>(reading, key, escaped, flight, origin.blocking(), stale), origin);
        return result;
    }

    /** Loads in place of a flight that takes longer than a lease lasts. */
    private CompletableFuture<@Nullable V> replaced(
            K key,
            String escaped,
            CompletableFuture<@Nullable V> joined,
            Flight<V> slow,
            Flight<V> flight,
            @Nullable Entry<V> stale,
            Origin<K, V> origin) {
        if (settings.freshness().hardTimeout() != null) {
            return joined;
        }
        CompletableFuture<@Nullable V> result = new CompletableFuture<>();
        var unused = joined.whenComplete((value, failure) -> complete(result, value, failure));
        Attempt<K, V> attempt = new Attempt<>(reading, key, escaped, flight, origin.blocking(), stale);
        replaceLater(slow, result, () -> replace(slow, attempt, origin, result, false));
        return result;
    }

    /** Of all that waited one takes the place of the slow flight, and the others join that, once. */
    private void replace(
            Flight<V> slow,
            Attempt<K, V> attempt,
            Origin<K, V> origin,
            CompletableFuture<@Nullable V> result,
            boolean again) {
        Flight<V> flight = attempt.flight;
        Flight<V> newer = flights.replace(attempt.key, slow, flight) ? null : flights.register(attempt.key, flight);
        if (newer != null && !again) {
            var unused =
                    await(attempt.key, newer, true).whenComplete((value, failure) -> complete(result, value, failure));
            replaceLater(newer, result, () -> replace(newer, attempt, origin, result, true));
            return;
        }
        if (newer != null) {
            flight.detach();
        }
        var unused =
                await(attempt.key, flight, false).whenComplete((value, failure) -> complete(result, value, failure));
        fly(attempt, origin);
    }

    /** Again and again as long as the slow one waits for another node, which has a bound of its own. */
    private void replaceLater(Flight<V> slow, CompletableFuture<@Nullable V> result, Runnable replacement) {
        after(leaseNanos, result, () -> {
            if (slow.queueing()) {
                replaceLater(slow, result, replacement);
                return;
            }
            counters.joinTimeouts.increment();
            replacement.run();
        });
    }

    private static <V> void complete(
            CompletableFuture<@Nullable V> result, @Nullable V value, @Nullable Throwable failure) {
        if (failure == null) {
            result.complete(value);
        } else {
            result.completeExceptionally(
                    failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure);
        }
    }

    /** A future of a flight, which ends earlier if a timeout says so. */
    private CompletableFuture<@Nullable V> await(K key, Flight<V> flight, boolean joined) {
        CompletableFuture<@Nullable V> result = new CompletableFuture<>();
        flight.whenLanded(() -> {
            try {
                V value = flight.outcome();
                if (joined) {
                    arrivals.countJoined(flight.origin());
                }
                result.complete(arrivals.present(key, value));
            } catch (ExecutionException e) {
                if (joined) {
                    counters.misses.increment();
                }
                result.completeExceptionally(reading.again(key, e.getCause()));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        Freshness freshness = settings.freshness();
        if (freshness.softTimeout() != null && !freshness.staleFor().isZero()) {
            after(freshness.softTimeout().toNanos(), result, () -> {
                Entry<V> fallback = tier1.look(key);
                if (fallback != null && fallback.failure() == null && result.complete(fallback.value)) {
                    counters.softTimeouts.increment();
                    counters.staleServed.increment();
                }
            });
        }
        if (freshness.hardTimeout() != null) {
            after(freshness.hardTimeout().toNanos(), result, () -> {
                if (result.completeExceptionally(reading.tooSlow(
                        key, "was not loaded within hardTimeout " + freshness.hardTimeout() + "; the load goes on"))) {
                    counters.hardTimeouts.increment();
                }
            });
        }
        return result;
    }

    /** Runs a task then, unless the result is there before; which also forgets the timer. */
    private static void after(long nanos, CompletableFuture<?> result, Runnable task) {
        CompletableFuture<@Nullable Void> timer =
                new CompletableFuture<@Nullable Void>().completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS);
        var unusedTask = timer.thenRun(() -> {
            if (!result.isDone()) {
                task.run();
            }
        });
        var unusedEnd = result.whenComplete((value, failure) -> timer.cancel(false));
    }

    /** From tier 2 on; ends by landing the flight, whatever happens. */
    private void fly(Attempt<K, V> attempt, Origin<K, V> origin) {
        var unused = fromTier2(attempt)
                .thenCompose(found -> found || attempt.landedMeanwhile() ? done() : lease(attempt))
                .thenCompose(done -> attempt.flight.landed() ? done() : source(attempt, origin))
                .whenComplete((done, failure) -> {
                    if (failure != null && !attempt.flight.landed()) {
                        attempt.flight.fail(unwrapped(failure));
                    }
                    attempt.close();
                });
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static CompletionStage<@Nullable Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Boolean> fromTier2(Attempt<K, V> attempt) {
        if (!access.open(attempt.escaped)) {
            return CompletableFuture.completedFuture(false);
        }
        return access.tier2().getAsync(attempt.escaped, attempt.budget.left()).handle((bytes, failure) -> {
            if (failure != null) {
                forgive(attempt, failure);
                return false;
            }
            return attempt.answered(bytes);
        });
    }

    /** Tier 2 failed: the source serves; anything else is the caller's. */
    private void forgive(Attempt<K, V> attempt, Throwable failure) {
        if (!(unwrapped(failure) instanceof RedisException)) {
            throw new CompletionException(unwrapped(failure));
        }
        counters.tier2Failures.increment();
        attempt.budget.spend();
    }

    private CompletionStage<@Nullable Void> lease(Attempt<K, V> attempt) {
        if (attempt.budget.spent() || !access.open(attempt.escaped)) {
            return done();
        }
        long asked = reading.ticker.read();
        return access.tier2()
                .leaseAsync(attempt.escaped, attempt.budget.left())
                .handle((token, failure) -> {
                    if (failure != null) {
                        forgive(attempt, failure);
                        return false;
                    }
                    attempt.leased(token, asked);
                    if (token != null) {
                        return false;
                    }
                    counters.leasesBusy.increment();
                    return !attempt.served(PollPause.staleNanos()) && reading.mayPoll(attempt);
                })
                .thenCompose(busy -> busy ? poll(attempt, System.nanoTime()) : done());
    }

    private CompletionStage<@Nullable Void> poll(Attempt<K, V> attempt, long begun) {
        long waited = System.nanoTime() - begun;
        if (waited > 2 * leaseNanos) {
            attempt.flight.queueing(false);
            attempt.flight.unpark();
            return done();
        }
        attempt.flight.queueing(true);
        CompletableFuture<Boolean> next = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(PollPause.nanos(waited), TimeUnit.NANOSECONDS, Runnable::run)
                .execute(() -> {
                    var unused = claim(attempt).whenComplete((again, failure) -> {
                        if (failure != null) {
                            next.completeExceptionally(failure);
                        } else {
                            next.complete(again);
                        }
                    });
                });
        return next.thenCompose(again -> {
            if (again) {
                return poll(attempt, begun);
            }
            attempt.flight.queueing(false);
            attempt.flight.unpark();
            return done();
        });
    }

    /** Whether to look again. */
    private CompletableFuture<Boolean> claim(Attempt<K, V> attempt) {
        if (!access.open(attempt.escaped)) {
            return CompletableFuture.completedFuture(false);
        }
        long asked = reading.ticker.read();
        return access.tier2()
                .claimAsync(attempt.escaped, access.tier2().deadline())
                .handle((claim, failure) -> {
                    if (failure != null) {
                        forgive(attempt, failure);
                        return false;
                    }
                    attempt.leased(claim.token(), asked);
                    boolean ended = attempt.answered(claim.bytes())
                            || claim.token() != null
                            || attempt.served(PollPause.staleNanos());
                    return !ended;
                });
    }

    private CompletionStage<@Nullable Void> source(Attempt<K, V> attempt, Origin<K, V> origin) {
        CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        boolean gated = !Reading.nested() && attempt.flight.park();
        if (gated) {
            enter(attempt, () -> load(attempt, origin, true, ended), ended);
        } else {
            load(attempt, origin, false, ended);
        }
        return ended;
    }

    /** Loads when its turn comes; fails if that is not soon enough, since those before it may be waiting for this. */
    private void enter(Attempt<K, V> attempt, Runnable load, CompletableFuture<@Nullable Void> ended) {
        CompletableFuture<@Nullable Void> timer = new CompletableFuture<>();
        Runnable turn = () -> {
            timer.cancel(false);
            load.run();
        };
        if (reading.gate.enterAsync(access.tier2Away(), turn)) {
            return;
        }
        if (attempt.fallback() != null && reading.gate.withdraw(turn)) {
            counters.loadsRefused.increment();
            if (attempt.served(settings.freshness().retryAfter().toNanos())) {
                ended.complete(null);
                return;
            }
            if (reading.gate.enterAsync(access.tier2Away(), turn)) {
                return;
            }
        }
        var unused = timer.completeOnTimeout(null, single.patienceNanos(), TimeUnit.NANOSECONDS)
                .thenRun(() -> {
                    if (reading.gate.withdraw(turn)) {
                        counters.loadsRefused.increment();
                        ended.completeExceptionally(single.tooMany(attempt.key));
                    }
                });
    }

    private void load(
            Attempt<K, V> attempt, Origin<K, V> origin, boolean gated, CompletableFuture<@Nullable Void> ended) {
        attempt.begin();
        AsyncLoader<K, V> loader = origin.async();
        if (loader != null) {
            attempt.flight.unpark();
            asked(attempt, loader)
                    .whenComplete((value, failure) ->
                            settle(attempt, value == null ? Loaded.absent() : Loaded.of(value), failure, gated, ended));
            return;
        }
        try {
            reading.executor.execute(CallerContext.carry(() -> {
                attempt.flight.board();
                attempt.flight.unpark();
                Loaded<V> loaded = null;
                Throwable failure = null;
                try {
                    loaded = reading.loading(
                            List.of(attempt.key), () -> origin.blocking().load(attempt.key));
                } catch (Throwable e) {
                    failure = e;
                }
                settle(attempt, loaded, failure, gated, ended);
            }));
        } catch (Throwable e) { // Refused, or there is no thread to be had: either way the load must end.
            settle(attempt, null, e, gated, ended);
        }
    }

    private CompletionStage<@Nullable V> asked(Attempt<K, V> attempt, AsyncLoader<K, V> loader) {
        try {
            return Objects.requireNonNull(
                            reading.loading(List.of(attempt.key), () -> loader.load(attempt.key)),
                            "the loader returned null: return a completed stage for nothing found")
                    .thenApply(value -> value);
        } catch (Throwable e) { // An error too: others wait for this load, and for its place among those that may run.
            return CompletableFuture.failedFuture(e);
        }
    }

    private void settle(
            Attempt<K, V> attempt,
            @Nullable Loaded<V> loaded,
            @Nullable Throwable failure,
            boolean gated,
            CompletableFuture<@Nullable Void> ended) {
        if (gated) {
            reading.gate.leave(attempt.tookNanos(), failure != null, reading.ticker.read());
        }
        try {
            if (failure != null) {
                counters.loadFailures.increment();
                attempt.failed(
                        failure instanceof Error ? failure : reading.loadFailure(attempt.key, unwrapped(failure)));
            } else {
                single.land(attempt, loaded);
            }
        } catch (RuntimeException | Error e) {
            attempt.failed(e);
        } finally {
            ended.complete(null);
        }
    }

    /** Many keys: each by itself if the loader is asynchronous, else on the executor after one MGET there. */
    CompletableFuture<Map<K, V>> readAll(
            Collection<? extends K> keys, Origin<K, V> origin, BulkReadThrough<K, V> bulk, BulkSource<K, V> source) {
        List<K> distinct = new ArrayList<>(new LinkedHashSet<K>(keys));
        distinct.forEach(key -> Objects.requireNonNull(key, "key"));
        if (origin.async() != null) {
            Map<K, CompletableFuture<@Nullable V>> values = new LinkedHashMap<>();
            distinct.forEach(key -> values.put(key, read(key, origin)));
            return CompletableFuture.allOf(values.values().toArray(new CompletableFuture<?>[0]))
                    .thenApply(done -> {
                        Map<K, V> found = new LinkedHashMap<>();
                        values.forEach((key, value) -> {
                            V one = value.join();
                            if (one != null) {
                                found.put(key, one);
                            }
                        });
                        return found;
                    });
        }
        return bulk.readAsync(distinct, origin.blocking(), source);
    }
}
