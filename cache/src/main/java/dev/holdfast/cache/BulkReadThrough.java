package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import io.lettuce.core.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The way of many keys that tier 1 does not have: one MGET, one pipeline of leases, one bulk load, one pipeline of fills.
 *
 * <p>Keys that another thread is loading are joined, after this call has landed its own: a thread never waits while others
 * wait for it.
 */
final class BulkReadThrough<K, V> {
    /** A key that this call loads, and where it stands. */
    private static final class Part<K, V> {
        final K key;
        final String escaped;
        final Flight<V> flight = new Flight<>();
        byte @Nullable [] token;

        @Nullable
        V value;

        @Nullable
        Entry<V> stored;

        boolean fromTier2;
        boolean filled;
        boolean landed;

        Part(K key, String escaped) {
            this.key = key;
            this.escaped = escaped;
        }
    }

    /** A key that another thread loads. */
    private record Joined<K, V>(Part<K, V> part, Flight<V> flight) {}

    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Flights<K, V> flights;
    private final Coherence<K, V> coherence;
    private final KeyNames<K> names;
    private final Counters counters;
    private final ReadThrough<K, V> single;

    BulkReadThrough(
            CacheSettings<K, V> settings,
            Tier1<K, V> tier1,
            Tier2Access<K, V> access,
            Flights<K, V> flights,
            Coherence<K, V> coherence,
            KeyNames<K> names,
            Counters counters,
            ReadThrough<K, V> single) {
        this.settings = settings;
        this.tier1 = tier1;
        this.access = access;
        this.flights = flights;
        this.coherence = coherence;
        this.names = names;
        this.counters = counters;
        this.single = single;
    }

    /** Adds to {@code found} what can be found of {@code missing}, which has no duplicates. */
    void read(List<K> missing, Map<K, @Nullable V> found, BulkLoader<K, V> bulkLoader) {
        List<Part<K, V>> parts = new ArrayList<>(missing.size());
        for (K key : missing) {
            single.refuseRecursion(key);
            parts.add(new Part<>(key, names.escape(key)));
        }
        // From here on flights are registered, and land whatever happens.
        List<Part<K, V>> own = new ArrayList<>(parts.size());
        List<Joined<K, V>> joined = new ArrayList<>();
        boolean nested = single.nested();
        for (Part<K, V> part : parts) {
            Flight<V> other = flights.register(part.key, part.flight);
            if (other != null && !nested) {
                joined.add(new Joined<>(part, other));
                continue;
            }
            if (other != null) {
                part.flight.detach(); // No barrier would reach it.
            }
            own.add(part);
        }
        fly(own, found, bulkLoader);
        fly(join(joined, found), found, bulkLoader);
    }

    /** Waits for the loads of other threads; returns parts that take the place of those that did not end in time. */
    private List<Part<K, V>> join(List<Joined<K, V>> joined, Map<K, @Nullable V> found) {
        List<Part<K, V>> slow = new ArrayList<>();
        long end = System.nanoTime() + settings.leaseTime().toNanos(); // For all of them together.
        for (Joined<K, V> other : joined) {
            Part<K, V> part = other.part();
            try {
                V value = single.join(part.key, other.flight(), Math.max(0, end - System.nanoTime()));
                if (value != null) {
                    found.put(part.key, value);
                }
            } catch (TimeoutException e) {
                counters.joinTimeouts.increment();
                if (!flights.replace(part.key, other.flight(), part.flight)) {
                    part.flight.detach();
                }
                slow.add(part);
            }
        }
        return slow;
    }

    private void fly(List<Part<K, V>> own, Map<K, @Nullable V> found, BulkLoader<K, V> bulkLoader) {
        if (own.isEmpty()) {
            return;
        }
        fly(own, bulkLoader);
        for (Part<K, V> part : own) {
            if (part.value != null) {
                found.put(part.key, part.value);
            }
        }
    }

    private void fly(List<Part<K, V>> own, BulkLoader<K, V> bulkLoader) {
        try {
            Budget budget = access.budget();
            List<Part<K, V>> toLoad = fetch(own, budget);
            if (!toLoad.isEmpty()) {
                counters.misses.add(toLoad.size());
                fromSource(toLoad, bulkLoader, budget);
            }
            own.forEach(this::land);
        } catch (Throwable failure) {
            own.forEach(part -> {
                if (!part.landed) {
                    part.flight.fail(failure);
                }
            });
            throw failure;
        } finally {
            own.forEach(part -> flights.land(part.key, part.flight));
            releaseUnused(own);
        }
    }

    private void land(Part<K, V> part) {
        if (part.landed) {
            return;
        }
        part.landed = true;
        V value = part.value;
        if (part.fromTier2 && value != null) {
            part.flight.completeFromTier2(value);
        } else {
            part.flight.complete(value);
        }
    }

    /** Reads what tier 2 has, and what tier 1 got meanwhile; returns the rest, leased where tier 2 grants it. */
    private List<Part<K, V>> fetch(List<Part<K, V>> own, Budget budget) {
        List<Part<K, V>> missing = new ArrayList<>();
        List<Part<K, V>> asked = new ArrayList<>(own.size());
        List<String> texts = new ArrayList<>(own.size());
        for (Part<K, V> part : own) {
            if (access.open(part.escaped)) {
                asked.add(part);
                texts.add(part.escaped);
            } else if (!landedMeanwhile(part)) {
                missing.add(part);
            }
        }
        if (!asked.isEmpty()) {
            try {
                fromTier2(asked, access.tier2().getAll(texts, budget.left()), missing);
                lease(missing, budget);
            } catch (RedisException e) {
                counters.tier2Failures.increment();
                asked.stream()
                        .filter(part -> part.value == null && !missing.contains(part))
                        .forEach(missing::add);
            }
        }
        return missing;
    }

    /** Another flight may have landed since this caller looked. */
    private boolean landedMeanwhile(Part<K, V> part) {
        part.value = part.flight.detached() ? null : tier1.get(part.key);
        if (part.value == null) {
            return false;
        }
        land(part);
        return true;
    }

    private void fromTier2(List<Part<K, V>> asked, List<KeyValue<byte[], byte[]>> answers, List<Part<K, V>> missing) {
        long redisMicros = access.values().redisMicros();
        int hits = 0;
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            for (int i = 0; i < asked.size(); i++) {
                Part<K, V> part = asked.get(i);
                KeyValue<byte[], byte[]> answer = answers.get(i);
                Values.Usable<V> usable =
                        answer.hasValue() ? access.values().usable(part.escaped, answer.getValue(), redisMicros) : null;
                if (usable != null) {
                    hits++;
                    part.value = usable.value();
                    part.fromTier2 = true;
                    stores.store(
                            part.key, part.escaped, usable.value(), usable.born(), usable.nanosToLive(), part.flight);
                    land(part); // Who joined it does not wait for the others, nor fail with them.
                } else if (!landedMeanwhile(part)) {
                    missing.add(part);
                }
            }
        }
        counters.tier2Hits.add(hits);
    }

    private void lease(List<Part<K, V>> missing, Budget budget) {
        List<String> texts = new ArrayList<>(missing.size());
        for (Part<K, V> part : missing) {
            if (access.open(part.escaped)) {
                texts.add(part.escaped);
            }
        }
        if (texts.isEmpty()) {
            return;
        }
        Map<String, byte[]> tokens = access.tier2().leaseAll(texts, budget.left());
        missing.forEach(part -> part.token = tokens.get(part.escaped));
        counters.fillsRefused.add(texts.size() - tokens.size());
    }

    private void fromSource(List<Part<K, V>> toLoad, BulkLoader<K, V> bulkLoader, Budget budget) {
        Set<K> keys = new LinkedHashSet<>();
        toLoad.forEach(part -> keys.add(part.key));
        long born = coherence.applied();
        long begun = settings.ticker().read();
        Map<K, V> loaded = load(Collections.unmodifiableSet(keys), bulkLoader);
        Duration took = Duration.ofNanos(settings.ticker().read() - begun);
        Duration cost = took.dividedBy(toLoad.size());
        boolean leased = !access.leaseRanOut(budget.begun());
        requirePresence(keys, loaded);
        List<Tier2.Fill> fills = new ArrayList<>();
        long[] lives = new long[toLoad.size()];
        for (int i = 0; i < lives.length; i++) {
            Part<K, V> part = toLoad.get(i);
            V value = loaded.get(part.key);
            lives[i] = access.lifeNanos();
            if (value != null && part.token != null && leased) {
                fills.add(access.values().wrap(part.escaped, part.token, value, born, lives[i], cost));
            }
        }
        // Every value has passed the codec, so that nothing of this call is cached if one of them does not.
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            for (int i = 0; i < lives.length; i++) {
                Part<K, V> part = toLoad.get(i);
                V value = loaded.get(part.key);
                if (value != null) {
                    part.value = value;
                    part.stored = stores.store(part.key, part.escaped, value, born, lives[i], part.flight);
                }
            }
        }
        fill(toLoad, fills);
    }

    private void requirePresence(Set<K> keys, Map<K, V> loaded) {
        Set<K> absent = new LinkedHashSet<>(keys);
        absent.removeIf(key -> loaded.get(key) != null);
        if (settings.requirePresent() && !absent.isEmpty()) {
            throw new AbsentValueException("cache '" + settings.name() + "': the source has no value for keys " + absent
                    + ", and this cache was built with requirePresent()");
        }
    }

    private void fill(List<Part<K, V>> toLoad, List<Tier2.Fill> fills) {
        Map<String, Tier2.Fill> byKey = new HashMap<>();
        fills.forEach(fill -> byKey.put(fill.key(), fill));
        List<Tier2.Fill> valid = new ArrayList<>(fills.size());
        List<K> keys = new ArrayList<>(fills.size());
        Map<K, Entry<V>> stored = new HashMap<>();
        for (Part<K, V> part : toLoad) {
            Tier2.Fill fill = byKey.get(part.escaped);
            if (fill != null && !part.flight.detached()) {
                part.filled = true;
                valid.add(fill);
                keys.add(part.key);
                if (part.stored != null) {
                    stored.put(part.key, part.stored);
                }
            }
        }
        if (!valid.isEmpty()) {
            access.fill(valid, keys, stored);
        }
    }

    private Map<K, V> load(Set<K> keys, BulkLoader<K, V> bulkLoader) {
        counters.loads.add(keys.size());
        try {
            Map<K, V> loaded = single.loading(keys, () -> bulkLoader.loadAll(keys));
            if (loaded == null) {
                throw new NullPointerException("the bulk loader returned null: return an empty map for nothing found");
            }
            return loaded;
        } catch (Exception e) {
            counters.loadFailures.add(keys.size());
            throw ReadThrough.loadFailure(settings.name(), keys, e);
        }
    }

    private void releaseUnused(List<Part<K, V>> own) {
        Map<String, byte[]> unused = new HashMap<>();
        for (Part<K, V> part : own) {
            if (part.token != null && !part.filled) {
                unused.put(part.escaped, part.token);
            }
        }
        if (!unused.isEmpty()) {
            access.release(unused);
        }
    }
}
