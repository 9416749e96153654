package dev.holdfast.cache;

import dev.holdfast.core.Threads;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cache put together: tier 1 in front, the ways behind it, and what keeps this node in step. */
final class CoherentCache<K, V> implements TieredCache<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(CoherentCache.class);

    private final CacheSettings<K, V> settings;
    private final Counters counters = new Counters();
    private final KeyNames<K> names;
    private final Tags<V> tags;
    private final Barriers barriers;
    private final Tier1<K, V> tier1;
    private final Flights<K, V> flights = new Flights<>();
    private final Tier2Access<K, V> access;
    private final Synchronizer<K, V> synchronizer;
    private final Coherence<K, V> coherence;
    private final Journal journal;
    private final ReadThrough<K, V> single;
    private final BulkReadThrough<K, V> bulk;
    private final AsyncReads<K, V> asyncReads;
    private final Writes<K, V> writes;
    private final Purge purge;
    private final EntrySource<K, V> source;
    private final BulkSource<K, V> bulkSource;
    private final AsyncTieredCache<K, V> async;
    private final @Nullable ExecutorService ownExecutor;
    private volatile boolean closed;

    CoherentCache(CacheSettings<K, V> settings, Codec<V> codec) {
        this.settings = settings;
        boolean alone = settings.link().state() == LinkState.DISABLED;
        KeyLayout layout = new KeyLayout(settings.keyPrefix(), settings.name());
        names = new KeyNames<>(settings.name(), settings.keyCodec());
        tags = new Tags<V>(settings.name(), settings.tags());
        barriers = new Barriers(settings.maximumBarriers(), settings.prefixDelimiter());
        RedisClock clock = new RedisClock(settings.ticker());
        long keyMicros = settings.replayWindow().toNanos() / 1_000;
        long wideMicros = settings.freshness().longestLife(settings.leaseTime()).toNanos() / 1_000;
        ControlLog log = new ControlLog(layout, keyMicros, wideMicros, settings.maximumBarriers());
        Tier2 tier2 = new Tier2(settings.link(), layout, log, settings.tier2Timeout(), settings.leaseTime());
        tier1 = new Tier1<>(settings, alone, barriers, names, counters);
        coherence = new Coherence<>(tier1, flights, barriers, names, counters, clock, settings.ticker());
        journal = new Journal(settings.maximumJournal(), settings.replayWindow().toNanos(), settings.ticker());
        synchronizer = new Synchronizer<>(settings, tier2, coherence, journal, counters);
        Values<K, V> values = new Values<>(settings, codec, tags, barriers, journal, clock, counters);
        access = new Tier2Access<>(settings, tier2, values, synchronizer, journal, tier1, counters);
        ownExecutor = settings.executor() == null ? Threads.blocking("holdfast-cache-load-" + settings.name()) : null;
        Executor executor = Objects.requireNonNull(ownExecutor != null ? ownExecutor : settings.executor());
        LoadGate gate = new LoadGate(settings.maximumLoads());
        Reading<K, V> reading =
                new Reading<>(settings, tier1, access, flights, coherence, names, counters, gate, executor);
        Arrivals<K, V> arrivals = new Arrivals<>(reading);
        single = new ReadThrough<>(reading, arrivals);
        bulk = new BulkReadThrough<>(reading, arrivals, single);
        asyncReads = new AsyncReads<>(reading, arrivals, single);
        writes = new Writes<>(settings, tier1, tier2, coherence, synchronizer, journal, names, values, counters);
        purge = new Purge(settings.name(), settings.link(), tier2, layout, barriers);
        source = Sources.single(settings);
        bulkSource = Sources.bulk(settings, source);
        async = new AsyncView();
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
        return hit != null ? hit : open(single).read(key, source);
    }

    @Override
    public @Nullable V get(K key, Loader<? super K, ? extends V> loader) {
        V hit = tier1.get(present(key));
        return hit != null ? hit : open(single).read(key, Sources.of(Objects.requireNonNull(loader, "loader")));
    }

    @Override
    public @Nullable V getIfPresent(K key) {
        V hit = tier1.get(present(key));
        if (hit != null) {
            return hit;
        }
        Entry<V> entry = open(tier1).look(key);
        if (entry != null && settings.ticker().read() - entry.freshUntil() < 0) {
            if (entry.failure() == null) {
                counters.tier1Hits.increment();
            }
            return entry.value;
        }
        return fromTier2(key);
    }

    private @Nullable V fromTier2(K key) {
        String escaped = names.escape(key);
        if (!access.open(escaped)) {
            return null;
        }
        Flights.Batch<K> batch = flights.begin(List.of(key), settings.ticker().read());
        try {
            byte[] bytes = access.tier2().get(escaped, access.tier2().deadline());
            if (bytes == null) {
                return null;
            }
            Values<K, V> values = access.values();
            try (Tier1<K, V>.Stores stores = tier1.stores()) { // Its clock is read before Redis's.
                Found<V> found = values.usable(escaped, bytes, values.redisMicros());
                if (found == null || !found.fresh()) {
                    return null;
                }
                stores.store(key, escaped, found, () -> batch.detached() || access.fenced(escaped, found.tags()));
                counters.tier2Hits.increment();
                return found.value();
            }
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return null;
        } finally {
            flights.end(batch);
        }
    }

    @Override
    public Map<K, V> getAll(Collection<? extends K> keys) {
        return open(bulk).read(keys, source, bulkSource);
    }

    @Override
    public void put(K key, V value) {
        join(async.put(key, value));
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> values) {
        join(async.putAll(values));
    }

    @Override
    public void invalidate(K key) {
        join(async.invalidate(key));
    }

    @Override
    public void invalidateAll(Collection<? extends K> keys) {
        join(async.invalidateAll(keys));
    }

    @Override
    public void invalidateTags(Collection<String> tags) {
        join(async.invalidateTags(tags));
    }

    @Override
    public void invalidatePrefix(String prefix) {
        join(async.invalidatePrefix(prefix));
    }

    @Override
    public void clear() {
        join(async.clear());
    }

    @Override
    public void expire(K key) {
        join(async.expire(key));
    }

    @Override
    public void expireTag(String tag) {
        join(async.expireTag(tag));
    }

    @Override
    public <T extends @Nullable Object> T update(K key, Callable<T> writer) throws Exception {
        Objects.requireNonNull(writer, "writer");
        invalidate(key);
        T result;
        try {
            result = writer.call();
        } catch (Throwable failure) {
            try {
                invalidate(key); // It may have committed and failed afterwards.
            } catch (RuntimeException second) {
                failure.addSuppressed(second);
            }
            throw failure;
        }
        invalidate(key);
        return result;
    }

    @Override
    public long purge(int keysPerSecond) {
        if (keysPerSecond < 1) {
            throw new IllegalArgumentException("keysPerSecond " + keysPerSecond + " is not positive: use e.g. 10000");
        }
        return settings.link().state() == LinkState.DISABLED ? 0 : open(purge).run(keysPerSecond);
    }

    @Override
    public Map<K, V> asMap() {
        return tier1.view();
    }

    @Override
    public AsyncTieredCache<K, V> async() {
        return async;
    }

    /** Waits for what ends within the deadlines of its operations, so that no interruption makes it look done. */
    private static void join(CompletableFuture<Void> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }

    @Override
    public CacheStats stats() {
        return counters.snapshot(tier1.size());
    }

    @Override
    public MeterBinder metrics() {
        return new CacheMetrics(
                settings.name(), counters, tier1::size, barriers::size, journal::depth, journal::pending);
    }

    @Override
    public HealthProbe healthProbe() {
        return new CacheProbe(
                settings.name(),
                settings.link()::state,
                synchronizer::tier2Open,
                () -> (settings.ticker().read() - coherence.contactedNanos()) / 1_000_000,
                coherence::behindMicros,
                journal::depth,
                journal::pending,
                barriers::size,
                this::stats);
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

    /** What this node still owes Redis; for tests. */
    Journal.Batch owed() {
        return journal.unacknowledged();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        synchronizer.close();
        int owed = journal.pending();
        if (owed > 0) {
            LOG.warn(
                    "Cache '{}' is closed with {} invalidations that Redis was not told of: other nodes may serve what they"
                            + " were about until it expires",
                    settings.name(),
                    owed);
        }
        if (ownExecutor != null) {
            ownExecutor.shutdown(); // What is under way may end; nobody else is let in.
        }
        tier1.close();
        flights.detachAll().forEach(tier1::drop); // Those that were storing at that moment.
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

    private static <T> T present(T key) {
        return Objects.requireNonNull(key, "key");
    }

    private List<String> prefix(String prefix) {
        String escaped = KeyLayout.escape(Objects.requireNonNull(prefix, "prefix"));
        if (prefix.isEmpty() || escaped.charAt(escaped.length() - 1) != settings.prefixDelimiter()) {
            throw new IllegalArgumentException("cache '" + settings.name() + "': prefix '" + prefix
                    + "' does not end with the delimiter '" + settings.prefixDelimiter()
                    + "': name whole segments, such as 'user" + settings.prefixDelimiter()
                    + "', or set prefixDelimiter(...)");
        }
        if (escaped.length() > KeyNames.LONGEST) {
            throw new IllegalArgumentException("cache '" + settings.name() + "': a prefix of " + escaped.length()
                    + " characters is longer than any key, which is " + KeyNames.LONGEST
                    + " at most: name fewer segments");
        }
        return List.of(escaped);
    }

    /** The cache with futures; what is wrong with an argument is thrown, what goes wrong later is in the future. */
    private final class AsyncView implements AsyncTieredCache<K, V> {
        @Override
        public CompletableFuture<@Nullable V> get(K key) {
            return open(asyncReads).read(present(key), new AsyncReads.Origin<>(settings.asyncLoader(), source));
        }

        @Override
        public CompletableFuture<@Nullable V> get(K key, AsyncLoader<? super K, ? extends V> loader) {
            Objects.requireNonNull(loader, "loader");
            AsyncLoader<K, V> own = asked -> loader.load(asked);
            return open(asyncReads).read(present(key), new AsyncReads.Origin<>(own, Sources.waiting(own)));
        }

        @Override
        public CompletableFuture<Map<K, V>> getAll(Collection<? extends K> keys) {
            for (K key : keys) {
                Objects.requireNonNull(key, "key"); // Before any of them is asked for.
            }
            boolean each = settings.bulkSource() == null;
            return open(asyncReads)
                    .readAll(
                            keys,
                            new AsyncReads.Origin<>(each ? settings.asyncLoader() : null, source),
                            bulk,
                            bulkSource);
        }

        @Override
        public CompletableFuture<Void> put(K key, V value) {
            return putAll(Map.of(present(key), Objects.requireNonNull(value, NO_VALUE)));
        }

        @Override
        public CompletableFuture<Void> putAll(Map<? extends K, ? extends V> values) {
            Map<K, V> copy = new LinkedHashMap<>();
            values.forEach((key, value) -> copy.put(present(key), Objects.requireNonNull(value, NO_VALUE)));
            return open(writes).put(copy);
        }

        @Override
        public CompletableFuture<Void> invalidate(K key) {
            return open(writes).keys(Kind.KEY, List.of(present(key)));
        }

        @Override
        public CompletableFuture<Void> invalidateAll(Collection<? extends K> keys) {
            Set<K> distinct = new LinkedHashSet<>();
            keys.forEach(key -> distinct.add(present(key)));
            return open(writes).keys(Kind.KEY, List.copyOf(distinct));
        }

        @Override
        public CompletableFuture<Void> invalidateTags(Collection<String> names) {
            return open(writes).wide(Kind.TAG, tags.escapeAll(names));
        }

        @Override
        public CompletableFuture<Void> invalidatePrefix(String prefix) {
            return open(writes).wide(Kind.PREFIX, prefix(prefix));
        }

        @Override
        public CompletableFuture<Void> clear() {
            return open(writes).everything();
        }

        @Override
        public CompletableFuture<Void> expire(K key) {
            return open(writes).keys(Kind.SOFT_KEY, List.of(present(key)));
        }

        @Override
        public CompletableFuture<Void> expireTag(String tag) {
            return open(writes).wide(Kind.SOFT_TAG, tags.escapeAll(Collections.singletonList(tag)));
        }
    }

    private static final String NO_VALUE = "value: invalidate a key that has none";
}
