package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import io.lettuce.core.KeyValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The way of many keys: tier 1, one MGET, one pipeline of leases, one bulk load, one pipeline of fills.
 *
 * <p>Keys that another thread or another node is loading are waited for after this call has landed its own: a thread never
 * waits while others wait for it.
 */
final class BulkReadThrough<K, V> {
    /** A key that another thread loads, and the attempt that takes its place if that takes too long. */
    private record Joined<K, V>(Attempt<K, V> attempt, Flight<V> flight) {}

    /** What a call has found so far; in the order of the keys. */
    private static final class Result<K, V> {
        final LinkedHashMap<K, @Nullable V> found;
        boolean absent;

        Result(int keys) {
            found = new LinkedHashMap<>(keys * 4 / 3 + 1);
        }

        /** Keeps the place of a key; false if it has one already. */
        boolean isNew(K key) {
            int before = found.size();
            found.putIfAbsent(key, null);
            return found.size() > before;
        }

        void put(K key, @Nullable V value) {
            if (value == null) {
                absent = true;
            } else {
                found.put(key, value);
            }
        }

        @SuppressWarnings({"unchecked", "NullAway"}) // The nulls have just been removed.
        Map<K, V> map() {
            if (absent) {
                found.values().removeIf(Objects::isNull);
            }
            return (Map<K, V>) (Map<K, ?>) found;
        }
    }

    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Counters counters;
    private final Arrivals<K, V> arrivals;
    private final ReadThrough<K, V> single;
    private final BulkLoad<K, V> loading;

    BulkReadThrough(Reading<K, V> reading, Arrivals<K, V> arrivals, ReadThrough<K, V> single) {
        this.reading = reading;
        this.arrivals = arrivals;
        this.loading = new BulkLoad<>(reading, single);
        this.settings = reading.settings;
        this.tier1 = reading.tier1;
        this.access = reading.access;
        this.flights = reading.flights;
        this.counters = reading.counters;
        this.single = single;
    }

    /** The values found, in the order of the keys, without those that the source does not have. */
    Map<K, V> read(Collection<? extends K> keys, EntrySource<? super K, V> source, BulkSource<K, V> bulkSource) {
        Result<K, V> result = new Result<>(keys.size());
        List<K> missing = fromTier1(keys, result, source);
        List<K> left = missing.isEmpty() ? missing : fromTier2(missing, result);
        if (!left.isEmpty()) {
            fromSource(left, result, source, bulkSource);
        }
        return result.map();
    }

    private List<K> fromTier1(Collection<? extends K> keys, Result<K, V> result, EntrySource<? super K, V> source) {
        List<K> missing = new ArrayList<>();
        for (K key : keys) {
            Objects.requireNonNull(key, "key");
            if (!result.isNew(key)) {
                continue;
            }
            Entry<V> entry = tier1.held(key);
            V hit = entry == null ? null : tier1.hit(entry);
            if (entry == null) {
                missing.add(key);
            } else if (hit != null) {
                result.put(key, hit);
            } else if (!secondLook(key, result, source)) {
                missing.add(key);
            }
        }
        return missing;
    }

    private boolean secondLook(K key, Result<K, V> result, EntrySource<? super K, V> source) {
        Entry<V> entry = tier1.look(key);
        if (entry == null) {
            return false;
        }
        if (entry.failure() != null) {
            counters.misses.increment();
            throw reading.again(key, entry.failure());
        }
        if (reading.fresh(entry)) {
            counters.tier1Hits.increment();
            if (reading.dueEarly(entry)) {
                single.refresh(key, entry, source);
            }
        } else if (reading.ticker.read() - entry.retryAt() < 0) {
            counters.staleServed.increment();
        } else {
            return false;
        }
        put(key, entry.value, result);
        return true;
    }

    private void put(K key, @Nullable V value, Result<K, V> result) {
        if (value == null) {
            reading.requirePresence(key);
        }
        result.put(key, value);
    }

    /** What tier 2 has; nobody can join that, since it would only make others wait. Returns the rest. */
    private List<K> fromTier2(List<K> missing, Result<K, V> result) {
        if (!access.tier2Open()) {
            return missing;
        }
        List<K> asked = new ArrayList<>(missing.size());
        List<String> texts = new ArrayList<>(missing.size());
        List<K> left = new ArrayList<>();
        for (K key : missing) {
            String escaped = reading.names.escape(key);
            if (access.fenced(escaped, Entry.NO_TAGS)) {
                left.add(key);
            } else {
                asked.add(key);
                texts.add(escaped);
            }
        }
        if (asked.isEmpty()) {
            return left;
        }
        Flights.Batch<K> batch = flights.begin(asked, reading.ticker.read());
        try {
            Budget budget = access.budget();
            List<KeyValue<byte[], byte[]>> answers = access.tier2().getAll(texts, budget.left());
            counters.tier2Read(reading.ticker.read() - budget.begun());
            store(asked, texts, answers, batch, result, left);
            return left;
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return missing;
        } finally {
            flights.end(batch);
        }
    }

    /** The same without waiting for Redis; what the source has to give is read on the executor. */
    CompletableFuture<Map<K, V>> readAsync(
            List<K> keys, EntrySource<? super K, V> source, BulkSource<K, V> bulkSource) {
        Result<K, V> result = new Result<>(keys.size());
        try {
            List<K> missing = fromTier1(keys, result, source);
            if (missing.isEmpty()) {
                return CompletableFuture.completedFuture(result.map());
            }
            return fromTier2Async(missing, result).thenCompose(left -> {
                if (left.isEmpty()) {
                    return CompletableFuture.completedFuture(result.map());
                }
                try {
                    return CompletableFuture.supplyAsync(
                            () -> {
                                fromSource(left, result, source, bulkSource);
                                return result.map();
                            },
                            task -> reading.executor.execute(CallerContext.carry(task)));
                } catch (RejectedExecutionException e) {
                    return CompletableFuture.failedFuture(reading.loadFailure(left, e));
                }
            });
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<List<K>> fromTier2Async(List<K> missing, Result<K, V> result) {
        List<String> texts = missing.stream().map(reading.names::escape).toList();
        if (!access.tier2Open() || texts.stream().anyMatch(text -> access.fenced(text, Entry.NO_TAGS))) {
            return CompletableFuture.completedFuture(missing);
        }
        Flights.Batch<K> batch = flights.begin(missing, reading.ticker.read());
        return access.tier2().getAllAsync(texts, access.budget().left()).handle((answers, failure) -> {
            try {
                if (failure != null) {
                    counters.tier2Failures.increment();
                    return missing;
                }
                List<K> left = new ArrayList<>();
                store(missing, texts, answers, batch, result, left);
                return left;
            } finally {
                flights.end(batch);
            }
        });
    }

    private void store(
            List<K> asked,
            List<String> texts,
            List<KeyValue<byte[], byte[]>> answers,
            Flights.Batch<K> batch,
            Result<K, V> result,
            List<K> left) {
        Values<K, V> values = access.values();
        int hits = 0;
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            long redisMicros = values.redisMicros(); // After the clock of these stores, so that tier 2 lives longer.
            for (int i = 0; i < asked.size(); i++) {
                KeyValue<byte[], byte[]> answer = answers.get(i);
                String text = texts.get(i);
                K key = asked.get(i);
                Found<V> found = answer.hasValue() ? values.usable(text, answer.getValue(), redisMicros) : null;
                if (found == null) {
                    left.add(key);
                    continue;
                }
                stores.store(key, text, found, () -> batch.detached() || access.fenced(text, found.tags()));
                if (found.fresh()) {
                    hits++;
                    put(key, found.value(), result);
                } else {
                    left.add(key);
                }
            }
        }
        counters.tier2Hits.add(hits);
    }

    private void fromSource(
            List<K> left, Result<K, V> result, EntrySource<? super K, V> source, BulkSource<K, V> bulkSource) {
        List<Attempt<K, V>> attempts = new ArrayList<>(left.size());
        for (K key : left) {
            reading.refuseRecursion(key);
            String escaped = reading.names.escape(key);
            if (!secondLook(key, result, source)) { // Another flight may have landed since the first.
                attempts.add(new Attempt<>(reading, key, escaped, new Flight<>(), source, tier1.look(key)));
            }
        }
        // From here on flights are registered, and land whatever happens.
        List<Attempt<K, V>> own = new ArrayList<>(attempts.size());
        List<Joined<K, V>> joined = new ArrayList<>();
        for (Attempt<K, V> attempt : attempts) {
            Flight<V> other = flights.register(attempt.key, attempt.flight);
            if (other != null) {
                joined.add(new Joined<>(attempt, other));
            } else {
                own.add(attempt);
            }
        }
        loadOrHand(own, bulkSource);
        collect(own, result);
        List<Attempt<K, V>> slow = join(joined, result);
        loadOrHand(slow, bulkSource);
        collect(slow, result);
    }

    private void loadOrHand(List<Attempt<K, V>> own, BulkSource<K, V> bulkSource) {
        if (own.isEmpty()) {
            return;
        }
        if (settings.freshness().timed() && !Reading.nested() && BulkLoad.park(own)) {
            try {
                reading.executor.execute(CallerContext.carry(() -> loading.load(own, bulkSource)));
                return;
            } catch (RuntimeException | Error e) { // Refused, or there is no thread to be had.
                counters.loadsRefused.increment(); // Done here then, without a timeout.
            }
        }
        loading.load(own, bulkSource);
    }

    /** Waits for what this call loads itself. */
    private void collect(List<Attempt<K, V>> own, Result<K, V> result) {
        for (Attempt<K, V> attempt : own) {
            try {
                result.put(attempt.key, arrivals.await(attempt.key, attempt.flight, attempt.fallback(), false));
            } catch (TimeoutException e) {
                throw reading.tooSlow(attempt.key, "was not loaded within leaseTime " + settings.leaseTime());
            }
        }
    }

    /** Waits for the loads of other threads; returns attempts that take the place of those that did not end in time. */
    private List<Attempt<K, V>> join(List<Joined<K, V>> joined, Result<K, V> result) {
        List<Attempt<K, V>> slow = new ArrayList<>();
        long end = System.nanoTime() + settings.leaseTime().toNanos(); // For all of them together.
        for (Joined<K, V> other : joined) {
            Attempt<K, V> attempt = other.attempt();
            if (!Reading.mayJoin(other.flight())) {
                attempt.flight.detach(); // Not in the table, so no barrier would reach it.
                slow.add(attempt);
                continue;
            }
            try {
                long nanos = Math.max(0, end - System.nanoTime());
                result.put(attempt.key, arrivals.await(attempt.key, other.flight(), attempt.fallback(), true, nanos));
            } catch (TimeoutException e) {
                counters.joinTimeouts.increment();
                if (!flights.replace(attempt.key, other.flight(), attempt.flight)) {
                    attempt.flight.detach();
                }
                slow.add(attempt);
            } finally {
                Flights.waited();
            }
        }
        return slow;
    }
}
