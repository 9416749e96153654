package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Ticker;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The tier inside the process: a bounded Caffeine cache of {@link Entry entries}.
 *
 * <p>A hit reads the clock once, compares three numbers, and takes no lock. Entries end by their own deadlines; Caffeine only
 * bounds their number, which makes it cheaper than with an expiry of its own, and a sweep takes out what nobody asked for
 * since it ended.
 *
 * <p>Storing and dropping exclude each other per key by Caffeine's {@code compute}: a barrier is entered before its key is
 * dropped, and a store looks at the barriers inside its compute, so either the store sees the barrier, or the drop sees
 * the entry. Barriers of tags and prefixes drop nothing; the version they move has every hit validated again. No user code
 * but {@code equals}, {@code hashCode} and the weigher runs inside.
 */
final class Tier1<K, V> {
    /** Early refresh draws lots in the last so many load times before an entry turns stale: e⁻¹⁰ never matters. */
    private static final long EARLY_LOADS = 10;

    private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** From so many stores on, upkeep takes longer than waking up a thread for it. */
    private static final int WORTH_A_THREAD = 16;

    private final Cache<K, Entry<V>> entries;
    private final Ticker ticker;
    private final Barriers barriers;
    private final KeyNames<K> names;
    private final Counters counters;
    private final long maxStaleNanos;
    private final boolean servesStale;
    private final double beta;
    private final AtomicLong nextSweep;

    /** Until when this node vouches for its entries: the last contact with Redis plus maxStale. */
    private volatile long vouchedUntil;

    private volatile boolean closed;

    /** Stores under way; a hint, and racy: whoever is not in it has Caffeine's upkeep done by another thread. */
    private @Nullable Stores storing;

    /** A thread that drops a key; a hint like the other. */
    private @Nullable Thread dropping;

    Tier1(CacheSettings<K, V> settings, boolean alone, Barriers barriers, KeyNames<K> names, Counters counters) {
        this.ticker = settings.ticker();
        this.barriers = barriers;
        this.names = names;
        this.counters = counters;
        this.maxStaleNanos = settings.maxStale().toNanos();
        this.servesStale = !settings.freshness().staleFor().isZero();
        this.beta = settings.freshness().earlyRefresh();
        long now = ticker.read();
        this.nextSweep = new AtomicLong(now + SWEEP_NANOS);
        this.vouchedUntil = alone ? now + Long.MAX_VALUE / 2 : now;
        Caffeine<K, Entry<V>> builder = Caffeine.newBuilder()
                .executor(this::upkeep)
                .evictionListener((@Nullable K key, @Nullable Entry<V> entry, RemovalCause cause) ->
                        counters.evictions.increment());
        Weigher<K, V> weigher = settings.weigher();
        if (weigher == null) {
            entries = builder.maximumSize(settings.maximumSize()).build();
        } else {
            entries = builder.maximumWeight(settings.maximumSize())
                    .weigher((K key, Entry<V> entry) -> entry.value == null ? 1 : weigher.weigh(key, entry.value))
                    .build();
        }
    }

    /**
     * Who stores has just waited for Redis or the source, and does Caffeine's upkeep itself, unless there is much of it; so
     * does who drops single keys, since waking up a thread takes longer; who hits does not.
     */
    private void upkeep(Runnable task) {
        Stores stores = storing;
        if (stores != null && stores.defer(task)) {
            return;
        }
        if (dropping == Thread.currentThread()) {
            task.run();
        } else {
            ForkJoinPool.commonPool().execute(task);
        }
    }

    /** The value, if it is here and needs no second look. */
    @Nullable
    V get(K key) {
        // The clock first: reading it waits for every load before it, so after the look-up it would wait for that.
        long now = ticker.read();
        Entry<V> entry = entries.getIfPresent(key);
        return entry == null ? null : hit(entry, now);
    }

    /** What is held for a key, whatever its state; counts nothing. */
    @Nullable
    Entry<V> held(K key) {
        return entries.getIfPresent(key);
    }

    /** The value of an entry just found, if it needs no second look. */
    @Nullable
    V hit(Entry<V> entry) {
        return hit(entry, ticker.read());
    }

    private @Nullable V hit(Entry<V> entry, long now) {
        if (now - entry.checkAt < 0 && entry.version == barriers.version() && now - vouchedUntil < 0) {
            counters.tier1Hits.increment();
            return entry.value;
        }
        return null;
    }

    /** The second look: the entry if any caller may be served from it, fresh, stale or as a failure; counts nothing. */
    @Nullable
    Entry<V> look(K key) {
        Entry<V> entry = entries.getIfPresent(key);
        return entry == null ? null : valid(key, entry, ticker.read());
    }

    private @Nullable Entry<V> valid(K key, Entry<V> entry, long now) {
        int version = barriers.version();
        Entry<V> current = entry;
        if (entry.version != version) {
            String escaped = barriers.prefixed() ? names.escape(key) : "";
            if (!barriers.validWide(escaped, entry.tags(), entry.born)) {
                entries.asMap().remove(key, entry);
                return null;
            }
            if (now - entry.freshUntil() < 0 && barriers.softWide(entry.tags(), entry.born)) {
                Entry<V> stale = stale(entry, now);
                // Whatever has taken its place meanwhile was not looked at here: whoever asks again will.
                if (stale == null) {
                    entries.asMap().remove(key, entry);
                    return null;
                }
                if (!entries.asMap().replace(key, entry, stale)) {
                    return null;
                }
                current = stale;
            }
            current.version = version;
        }
        if (now - current.staleUntil() >= 0) {
            entries.asMap().remove(key, current);
            return null;
        }
        if (now - vouchedUntil >= 0 && !current.unvouched()) {
            return null; // Cut off for too long: any invalidation may have been missed.
        }
        return current;
    }

    /** Begins to store values; to be closed by the same thread. */
    Stores stores() {
        return new Stores();
    }

    /** Some stores of one thread, with one reading of the clock and one round of Caffeine's upkeep at the end. */
    final class Stores implements AutoCloseable {
        private final Thread owner = Thread.currentThread();
        private final long now = ticker.read();
        private final boolean vouched = now - vouchedUntil < 0;
        private @Nullable Runnable deferred;
        private int stored;

        private Stores() {
            storing = this;
        }

        /**
         * Stores a value unless its load was detached, a barrier forbids it, or something newer is here.
         *
         * @param fence forbids it while it says so, asked inside the exclusion of the key
         * @return the entry, or null if it was not stored
         */
        @Nullable
        Entry<V> store(K key, String escaped, Found<V> found, Fence fence) {
            stored++;
            int version = barriers.version();
            Entry<V> fresh = entry(found, version, false);
            Entry<V> stale = servesStale ? entry(found, version, true) : null;
            Entry<V> stored = entries.asMap().compute(key, (k, old) -> {
                if (closed || fence.up() || !barriers.valid(escaped, found.tags(), found.born())) {
                    return old;
                }
                boolean soft = !found.fresh() || barriers.soft(escaped, found.tags(), found.born());
                Entry<V> next = soft ? stale : fresh;
                return next == null || betterIsHere(old, next) ? old : next;
            });
            return stored != null && (stored == fresh || stored == stale) ? stored : null;
        }

        private boolean betterIsHere(@Nullable Entry<V> old, Entry<V> next) {
            if (old == null || old.failure() != null || old.born < next.born) {
                return false;
            }
            return old.born > next.born || (now - old.freshUntil() < 0 && now - next.freshUntil() >= 0);
        }

        private Entry<V> entry(Found<V> found, int version, boolean stale) {
            long freshFor = stale ? 0 : found.freshNanos();
            long staleFor = servesStale ? found.staleNanos() : freshFor;
            if (!vouched) {
                freshFor = Math.min(freshFor, maxStaleNanos);
                staleFor = Math.min(staleFor, maxStaleNanos);
            }
            long early = Math.min(freshFor, (long) (EARLY_LOADS * beta * found.loadNanos()));
            boolean plain = vouched && !stale && !servesStale && found.value() != null && found.tags().length == 0;
            if (plain && early < freshFor / 1_000) {
                return new Entry<>(found.value(), found.born(), now + freshFor, version);
            }
            long checkAt = found.value() == null ? now : now + freshFor - early;
            return new Entry.Rich<>(
                    found.value(),
                    found.born(),
                    checkAt,
                    version,
                    now + freshFor,
                    now + staleFor,
                    found.loadNanos(),
                    found.tags(),
                    !vouched);
        }

        /** Caffeine asks once, and then not again before the task has run. */
        private boolean defer(Runnable task) {
            if (owner != Thread.currentThread() || deferred != null) {
                return false;
            }
            deferred = task;
            return true;
        }

        @Override
        public void close() {
            if (storing == this) {
                storing = null;
            }
            Runnable task = deferred;
            if (task != null) {
                deferred = null;
                if (stored < WORTH_A_THREAD) {
                    task.run();
                } else {
                    ForkJoinPool.commonPool().execute(task);
                }
            }
            long due = nextSweep.get();
            if (now - due >= 0 && nextSweep.compareAndSet(due, now + SWEEP_NANOS)) {
                ForkJoinPool.commonPool().execute(Tier1.this::sweep);
            }
        }
    }

    /** Forbids to store something; asked inside the exclusion of its key. */
    @FunctionalInterface
    interface Fence {
        boolean up();
    }

    /** Remembers that the source failed, unless there is anything better. */
    void storeFailure(K key, RuntimeException failure, long born, long nanos, Fence fence) {
        long now = ticker.read();
        Entry<V> failed = new Entry.Failed<>(failure, born, now, now + nanos, barriers.version());
        entries.asMap().compute(key, (k, old) -> fence.up() || (old != null && old.failure() == null) ? old : failed);
    }

    /** Drops a key whatever its age. */
    void drop(K key) {
        // compute, not remove: it excludes a store in its check even if there is no entry yet.
        entries.asMap().compute(key, (k, old) -> null);
    }

    /** Drops a key if its value was born before the barrier. */
    void dropOlder(K key, long stamp) {
        dropping = Thread.currentThread();
        try {
            entries.asMap().compute(key, (k, old) -> old == null || old.born < stamp ? null : old);
        } finally {
            dropping = null; // Whoever else drops meanwhile loses the hint, and nothing more.
        }
    }

    /** Drops what fits; for the rare case that no barrier can stand for it. */
    void dropIf(BiPredicate<? super K, ? super Entry<V>> fits) {
        entries.asMap().forEach((key, entry) -> {
            if (fits.test(key, entry)) {
                drop(key);
            }
        });
    }

    /** Ends the freshness of what fits. */
    void expireIf(BiPredicate<? super K, ? super Entry<V>> fits) {
        entries.asMap().forEach((key, entry) -> {
            if (fits.test(key, entry)) {
                expire(key);
            }
        });
    }

    /** Ends the freshness of a key; returns what is left of it. */
    @Nullable
    Entry<V> expire(K key) {
        long now = ticker.read();
        return entries.asMap().compute(key, (k, old) -> old == null ? null : stale(old, now));
    }

    /** What is left of an entry whose freshness ends now; null if nothing. */
    private @Nullable Entry<V> stale(Entry<V> old, long now) {
        if (!servesStale || old.failure() != null) {
            return null;
        }
        if (now - old.freshUntil() >= 0) {
            return old;
        }
        return new Entry.Rich<>(
                old.value,
                old.born,
                now,
                old.version,
                now,
                old.staleUntil(),
                old.loadNanos(),
                old.tags(),
                old.unvouched());
    }

    /** Takes one particular entry out again. */
    void undo(K key, Entry<V> entry) {
        entries.asMap().remove(key, entry);
    }

    void dropAll() {
        entries.invalidateAll();
    }

    /** Stores nothing any more. */
    void close() {
        closed = true;
        dropAll();
    }

    /** This node was in step with Redis at that moment. */
    void contact(long nanos) {
        vouchedUntil = nanos + maxStaleNanos;
    }

    long size() {
        return entries.estimatedSize();
    }

    /** Enforces the bound and takes out what has ended. */
    void cleanUp() {
        sweep();
        entries.cleanUp();
    }

    private void sweep() {
        long now = ticker.read();
        entries.asMap().values().removeIf(entry -> now - entry.staleUntil() >= 0);
    }

    /** The fresh values, without counting. */
    Map<K, V> view() {
        return new Tier1View<>(entries.asMap(), this::freshValue);
    }

    private @Nullable V freshValue(K key, Entry<V> entry) {
        long now = ticker.read();
        Entry<V> valid = valid(key, entry, now);
        return valid == null || now - valid.freshUntil() >= 0 ? null : valid.value;
    }
}
