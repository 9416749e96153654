package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    /** A key of this call, its text, and where it stands. */
    private static final class Part<V> {
        final String escaped;
        final Flight<V> flight = new Flight<>();
        byte @Nullable [] token;
        boolean filled;

        Part(String escaped) {
            this.escaped = escaped;
        }
    }

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

    /** Adds to {@code found} what can be found of {@code missing}. */
    void read(Set<K> missing, Map<K, V> found, BulkLoader<K, V> bulkLoader) {
        Set<K> mine = single.loadingHere();
        Map<K, Part<V>> own = new LinkedHashMap<>();
        Map<K, Flight<V>> joined = new LinkedHashMap<>();
        Map<K, String> texts = new LinkedHashMap<>();
        for (K key : missing) {
            if (mine.contains(key)) {
                throw new IllegalStateException("cache '" + settings.name() + "': the loader of key '" + key
                        + "' asks the cache for the same key: read it from the source there");
            }
            texts.put(key, names.escape(key)); // All of them before the first flight, which must land whatever happens.
        }
        boolean nested = !mine.isEmpty();
        texts.forEach((key, escaped) -> {
            Part<V> part = new Part<>(escaped);
            Flight<V> other = flights.register(key, part.flight);
            if (other != null && !nested) {
                joined.put(key, other);
                return;
            }
            if (other != null) {
                part.flight.detach();
            } else {
                V landed = tier1.get(key); // Another flight may have landed since this caller looked.
                if (landed != null) {
                    part.flight.complete(landed);
                    flights.land(key, part.flight);
                    found.put(key, landed);
                    return;
                }
            }
            own.put(key, part);
        });
        if (!own.isEmpty()) {
            fly(own, found, bulkLoader, mine);
        }
        Map<K, Flight<V>> slow = new LinkedHashMap<>();
        long end = System.nanoTime() + settings.leaseTime().toNanos(); // For all of them together.
        joined.forEach((key, flight) -> {
            try {
                V value = single.join(key, flight, Math.max(0, end - System.nanoTime()));
                if (value != null) {
                    found.put(key, value);
                }
            } catch (TimeoutException e) {
                slow.put(key, flight);
            }
        });
        if (!slow.isEmpty()) {
            fly(inPlaceOf(slow, texts), found, bulkLoader, mine);
        }
    }

    private Map<K, Part<V>> inPlaceOf(Map<K, Flight<V>> slow, Map<K, String> texts) {
        Map<K, Part<V>> parts = new LinkedHashMap<>();
        slow.forEach((key, flight) -> {
            Part<V> part = new Part<>(Objects.requireNonNull(texts.get(key)));
            if (!flights.replace(key, flight, part.flight)) {
                part.flight.detach(); // No barrier would reach it.
            }
            parts.put(key, part);
        });
        return parts;
    }

    private void fly(Map<K, Part<V>> own, Map<K, V> found, BulkLoader<K, V> bulkLoader, Set<K> mine) {
        mine.addAll(own.keySet());
        try {
            fetch(own, found, bulkLoader);
            own.forEach((key, part) -> part.flight.complete(found.get(key)));
        } catch (Throwable failure) {
            own.values().forEach(part -> part.flight.fail(failure));
            throw failure;
        } finally {
            own.forEach((key, part) -> flights.land(key, part.flight));
            mine.removeAll(own.keySet());
            releaseUnused(own);
        }
    }

    private void fetch(Map<K, Part<V>> own, Map<K, V> found, BulkLoader<K, V> bulkLoader) {
        long began = settings.ticker().read();
        Map<K, Part<V>> toLoad = new LinkedHashMap<>(own);
        Map<K, Part<V>> inTier2 = new LinkedHashMap<>();
        own.forEach((key, part) -> {
            if (access.open(part.escaped)) {
                inTier2.put(key, part);
            }
        });
        if (!inTier2.isEmpty()) {
            Budget budget = access.budget();
            try {
                fromTier2(inTier2, toLoad, found, budget);
                if (!toLoad.isEmpty()) {
                    lease(toLoad, budget);
                }
            } catch (RedisException e) {
                counters.tier2Failures.increment();
            }
        }
        if (!toLoad.isEmpty()) {
            counters.misses.add(toLoad.size());
            fromSource(toLoad, found, bulkLoader, began);
        }
    }

    private void fromTier2(Map<K, Part<V>> asked, Map<K, Part<V>> toLoad, Map<K, V> found, Budget budget) {
        List<String> texts = asked.values().stream().map(part -> part.escaped).toList();
        Map<String, byte[]> answers = access.tier2().getAll(texts, budget.left());
        asked.forEach((key, part) -> {
            byte[] bytes = answers.get(part.escaped);
            Values.Usable<V> usable = bytes == null ? null : access.values().usable(part.escaped, bytes);
            if (usable != null) {
                counters.tier2Hits.increment();
                part.flight.answeredByTier2();
                tier1.store(key, part.escaped, usable.value(), usable.born(), usable.nanosToLive(), part.flight);
                found.put(key, usable.value());
                part.flight.complete(usable.value()); // Who joined it does not wait for the others, nor fail with them.
                toLoad.remove(key);
            }
        });
    }

    private void lease(Map<K, Part<V>> toLoad, Budget budget) {
        List<String> texts = toLoad.values().stream()
                .map(part -> part.escaped)
                .filter(access::open)
                .toList();
        Map<String, byte[]> tokens = access.tier2().leaseAll(texts, budget.left());
        toLoad.values().forEach(part -> part.token = tokens.get(part.escaped));
        counters.fillsRefused.add(texts.size() - tokens.size());
    }

    private void fromSource(Map<K, Part<V>> toLoad, Map<K, V> found, BulkLoader<K, V> bulkLoader, long began) {
        long born = coherence.applied();
        long begun = settings.ticker().read();
        Map<K, V> loaded = load(toLoad.keySet(), bulkLoader);
        Duration cost = Duration.ofNanos((settings.ticker().read() - begun) / Math.max(1, toLoad.size()));
        boolean leased = !access.leaseRanOut(began);
        Set<K> absent = new LinkedHashSet<>(toLoad.keySet());
        absent.removeIf(key -> loaded.get(key) != null);
        if (settings.requirePresent() && !absent.isEmpty()) {
            throw new AbsentValueException("cache '" + settings.name() + "': the source has no value for keys " + absent
                    + ", and this cache was built with requirePresent()");
        }
        Map<K, Long> lives = new HashMap<>();
        List<Tier2.Fill> fills = new ArrayList<>();
        List<K> filled = new ArrayList<>();
        toLoad.forEach((key, part) -> {
            V value = loaded.get(key);
            if (value != null) {
                long life = access.lifeNanos();
                lives.put(key, life);
                if (part.token != null && leased) {
                    fills.add(access.values().wrap(part.escaped, part.token, value, born, life, cost));
                    filled.add(key);
                }
            }
        });
        Map<K, Entry<V>> stored = new HashMap<>();
        lives.forEach((key, life) -> {
            Part<V> part = part(toLoad, key);
            V value = value(loaded, key);
            found.put(key, value);
            Entry<V> entry = tier1.store(key, part.escaped, value, born, life, part.flight);
            if (entry != null) {
                stored.put(key, entry);
            }
        });
        fill(toLoad, fills, filled, stored);
    }

    private void fill(Map<K, Part<V>> toLoad, List<Tier2.Fill> fills, List<K> keys, Map<K, Entry<V>> stored) {
        List<Tier2.Fill> valid = new ArrayList<>(fills.size());
        List<K> validKeys = new ArrayList<>(fills.size());
        for (int i = 0; i < fills.size(); i++) {
            Part<V> part = part(toLoad, keys.get(i));
            if (!part.flight.detached()) {
                part.filled = true;
                valid.add(fills.get(i));
                validKeys.add(keys.get(i));
            }
        }
        if (!valid.isEmpty()) {
            access.fill(valid, validKeys, stored);
        }
    }

    private Map<K, V> load(Set<K> keys, BulkLoader<K, V> bulkLoader) {
        counters.loads.add(keys.size());
        try {
            Map<K, V> loaded = bulkLoader.loadAll(Collections.unmodifiableSet(keys));
            if (loaded == null) {
                throw new NullPointerException("the bulk loader returned null: return an empty map for nothing found");
            }
            return loaded;
        } catch (Exception e) {
            counters.loadFailures.add(keys.size());
            throw ReadThrough.loadFailure(settings.name(), keys, e);
        }
    }

    private void releaseUnused(Map<K, Part<V>> own) {
        Map<String, byte[]> unused = new HashMap<>();
        own.values().forEach(part -> {
            if (part.token != null && !part.filled) {
                unused.put(part.escaped, part.token);
            }
        });
        if (!unused.isEmpty()) {
            access.release(unused);
        }
    }

    private static <K, T> T part(Map<K, T> parts, K key) {
        return Objects.requireNonNull(parts.get(key));
    }

    private static <K, T> T value(Map<K, T> values, K key) {
        return Objects.requireNonNull(values.get(key));
    }
}
