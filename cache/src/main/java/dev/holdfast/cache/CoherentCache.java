package dev.holdfast.cache;

import dev.holdfast.core.redis.LinkState;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The cache put together: tier 1 in front, the ways behind it, and what keeps this node in step. */
final class CoherentCache<K, V> implements TieredCache<K, V> {
    private final CacheSettings<K, V> settings;
    private final Counters counters = new Counters();
    private final Tier1<K, V> tier1;
    private final Synchronizer<K, V> synchronizer;
    private final Coherence<K, V> coherence;
    private final Journal journal;
    private final ReadThrough<K, V> single;
    private final BulkReadThrough<K, V> bulk;
    private final Writes<K, V> writes;
    private final Loader<K, V> loader;
    private final BulkLoader<K, V> bulkLoader;
    private volatile boolean closed;

    CoherentCache(CacheSettings<K, V> settings, Codec<V> codec) {
        this.settings = settings;
        boolean alone = settings.link().state() == LinkState.DISABLED;
        KeyLayout layout = new KeyLayout(settings.keyPrefix(), settings.name());
        KeyNames<K> names = new KeyNames<>(settings.name(), settings.keyCodec());
        Barriers barriers = new Barriers(settings.maximumBarriers());
        Flights<K, V> flights = new Flights<>();
        RedisClock clock = new RedisClock(settings.ticker());
        long windowMicros = settings.replayWindow().toNanos() / 1_000;
        ControlLog log = new ControlLog(layout, windowMicros, settings.maximumBarriers());
        Tier2 tier2 = new Tier2(settings.link(), layout, log, settings.tier2Timeout(), settings.leaseTime());
        tier1 = new Tier1<>(settings, alone, barriers, counters);
        coherence = new Coherence<>(tier1, flights, barriers, names, counters, clock, settings.ticker());
        journal = new Journal(settings.maximumJournal(), settings.replayWindow().toNanos(), settings.ticker());
        synchronizer = new Synchronizer<>(settings, tier2, coherence, tier1, journal, counters);
        Values<K, V> values = new Values<>(settings, codec, coherence, clock, counters);
        Tier2Access<K, V> access = new Tier2Access<>(settings, tier2, values, synchronizer, journal, tier1, counters);
        single = new ReadThrough<>(settings, tier1, access, flights, coherence, names, counters);
        bulk = new BulkReadThrough<>(settings, tier1, access, flights, coherence, names, counters, single);
        writes = new Writes<>(settings, tier1, tier2, coherence, synchronizer, journal, names, access, counters);
        loader = loader(settings);
        bulkLoader = bulkLoader(settings, loader);
        if (!alone) {
            synchronizer.start(layout.channel(), settings.heartbeat());
        }
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public @Nullable V get(K key) {
        V hit = tier1.get(present(key));
        return hit != null ? hit : open(single).read(key, loader);
    }

    @Override
    public @Nullable V get(K key, Loader<? super K, ? extends V> loader) {
        V hit = tier1.get(present(key));
        return hit != null ? hit : open(single).read(key, Objects.requireNonNull(loader, "loader"));
    }

    @Override
    public Map<K, V> getAll(Collection<? extends K> keys) {
        Map<K, @Nullable V> found = new LinkedHashMap<>(keys.size() * 4 / 3 + 1);
        List<K> missing = new ArrayList<>();
        for (K key : keys) {
            if (found.containsKey(present(key))) {
                continue;
            }
            V hit = tier1.get(key);
            found.put(key, hit); // Null keeps the place of what is still to be read.
            if (hit == null) {
                missing.add(key);
            }
        }
        if (!missing.isEmpty()) {
            open(bulk).read(missing, found, bulkLoader);
            found.values().removeIf(Objects::isNull);
        }
        return withoutNulls(found);
    }

    @SuppressWarnings("NullAway") // The nulls have just been removed.
    private static <K, V> Map<K, V> withoutNulls(Map<K, @Nullable V> map) {
        return map;
    }

    @Override
    public void put(K key, V value) {
        putAll(Map.of(present(key), Objects.requireNonNull(value, "value: invalidate a key that has none")));
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> values) {
        Map<K, V> copy = new LinkedHashMap<>();
        values.forEach((key, value) ->
                copy.put(present(key), Objects.requireNonNull(value, "value: invalidate a key that has none")));
        open(writes).put(copy);
    }

    @Override
    public void invalidate(K key) {
        open(writes).invalidate(List.of(present(key)));
    }

    @Override
    public void invalidateAll(Collection<? extends K> keys) {
        Set<K> distinct = new LinkedHashSet<>();
        keys.forEach(key -> distinct.add(present(key)));
        open(writes).invalidate(List.copyOf(distinct));
    }

    @Override
    public CacheStats stats() {
        return counters.snapshot(tier1.size());
    }

    @Override
    public MeterBinder metrics() {
        return new CacheMetrics(settings.name(), counters, tier1::size, coherence::barrierCount, journal::depth);
    }

    /** Where announcements arrive; for tests. */
    Coherence<K, V> coherence() {
        return coherence;
    }

    /** Has the bound of tier 1 enforced now; for tests. */
    void cleanUp() {
        tier1.cleanUp();
    }

    /** Whether tier 2 is in use; for tests. */
    boolean tier2Open() {
        return synchronizer.tier2Open();
    }

    @Override
    public void close() {
        closed = true;
        synchronizer.close();
        tier1.dropAll();
    }

    @Override
    public String toString() {
        return "TieredCache[" + settings.name() + ", " + settings.link() + "]";
    }

    private <T> T open(T part) {
        if (closed) {
            throw new IllegalStateException("cache '" + settings.name() + "' is closed");
        }
        return part;
    }

    private K present(K key) {
        return Objects.requireNonNull(key, "key");
    }

    private static <K, V> Loader<K, V> loader(CacheSettings<K, V> settings) {
        Loader<K, V> loader = settings.loader();
        BulkLoader<K, V> bulkLoader = settings.bulkLoader();
        if (loader != null) {
            return loader;
        }
        if (bulkLoader != null) {
            return key -> bulkLoader.loadAll(Set.of(key)).get(key);
        }
        return key -> {
            throw new IllegalStateException("cache '" + settings.name()
                    + "' has no loader: set loader(...) on its builder, or use get(key, loader)");
        };
    }

    private static <K, V> BulkLoader<K, V> bulkLoader(CacheSettings<K, V> settings, Loader<K, V> loader) {
        BulkLoader<K, V> bulkLoader = settings.bulkLoader();
        if (bulkLoader != null) {
            return bulkLoader;
        }
        return keys -> {
            Map<K, V> loaded = new LinkedHashMap<>();
            for (K key : keys) {
                V value = loader.load(key);
                if (value != null) {
                    loaded.put(key, value);
                }
            }
            return loaded;
        };
    }
}
