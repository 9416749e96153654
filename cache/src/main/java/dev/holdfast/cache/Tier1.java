package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Ticker;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The tier inside the process: a bounded Caffeine cache of {@link Entry entries}.
 *
 * <p>A hit reads the clock once, compares the entry with its deadline, the floor and the end of trust, and takes no lock.
 *
 * <p>Storing and dropping exclude each other per key by Caffeine's {@code compute}: a barrier is entered before its key is
 * dropped, and a store looks at the barriers inside its compute, so either the store sees the barrier, or the drop sees
 * the entry. No user code but {@code equals}, {@code hashCode} and the weigher runs inside.
 */
final class Tier1<K, V> {
    /** Entries end by their own deadline; Caffeine's is a backstop that frees memory, so a coarse clock serves it. */
    private final Cache<K, Entry<V>> entries;

    private final Ticker ticker;
    private final Barriers barriers;
    private final Counters counters;
    private final long maxStaleNanos;
    private final AtomicLong coarseNanos;

    /** Until when this node vouches for its entries: the last contact with Redis plus maxStale. */
    private volatile long vouchedUntil;

    /** Stores under way; a hint, and racy: whoever is not in it has Caffeine's upkeep done by another thread. */
    private @Nullable Stores storing;

    Tier1(CacheSettings<K, V> settings, boolean alone, Barriers barriers, Counters counters) {
        this.ticker = settings.ticker();
        this.barriers = barriers;
        this.counters = counters;
        this.maxStaleNanos = settings.maxStale().toNanos();
        this.coarseNanos = new AtomicLong(ticker.read());
        this.vouchedUntil = alone ? ticker.read() + Long.MAX_VALUE / 2 : ticker.read();
        Caffeine<Object, Object> builder = Caffeine.newBuilder()
                .ticker(coarseNanos::getPlain)
                .expireAfterWrite(settings.timeToLive().toNanos(), TimeUnit.NANOSECONDS)
                .executor(this::upkeep);
        Weigher<K, V> weigher = settings.weigher();
        if (weigher == null) {
            entries = builder.maximumSize(settings.maximumSize()).build();
        } else {
            entries = builder.maximumWeight(settings.maximumSize())
                    .weigher((K key, Entry<V> entry) -> weigher.weigh(key, entry.value))
                    .build();
        }
    }

    /** Who stores has just waited for Redis or the source, and does Caffeine's upkeep itself; who hits does not. */
    private void upkeep(Runnable task) {
        Stores stores = storing;
        if (stores == null || !stores.defer(task)) {
            ForkJoinPool.commonPool().execute(task);
        }
    }

    /** The value, if it is here and still valid. */
    @Nullable
    V get(K key) {
        Entry<V> entry = entries.getIfPresent(key);
        if (entry == null) {
            return null;
        }
        long now = ticker.read();
        if (now - entry.deadline < 0 && entry.born >= barriers.floor()) {
            if (now - vouchedUntil < 0 || entry instanceof Entry.Unvouched) {
                counters.tier1Hits.increment();
                return entry.value;
            }
            return null; // Cut off for too long: any invalidation may have been missed.
        }
        entries.asMap().remove(key, entry);
        return null;
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

        private Stores() {
            coarseNanos.setPlain(now);
            storing = this;
        }

        /**
         * Stores a value unless its flight was detached or a barrier forbids it.
         *
         * @param flight the load that brought it, or null if it was put
         * @param nanosToLive how long it may be served
         * @return the entry, or null if it was not stored
         */
        @Nullable
        Entry<V> store(K key, String escaped, V value, long born, long nanosToLive, @Nullable Flight<V> flight) {
            Entry<V> fresh = vouched
                    ? new Entry<>(value, born, now + nanosToLive)
                    : new Entry.Unvouched<>(value, born, now + Math.min(nanosToLive, maxStaleNanos));
            Entry<V> stored = entries.asMap().compute(key, (k, old) -> {
                boolean forbidden = (flight != null && flight.detached()) || born < barriers.required(escaped);
                boolean newerIsHere = old != null && old.born > born;
                return forbidden || newerIsHere ? old : fresh;
            });
            return stored == fresh ? fresh : null;
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
                task.run();
            }
        }
    }

    /** Stores one value; see {@link Stores#store}. */
    @Nullable
    Entry<V> store(K key, String escaped, V value, long born, long nanosToLive, @Nullable Flight<V> flight) {
        try (Stores stores = stores()) {
            return stores.store(key, escaped, value, born, nanosToLive, flight);
        }
    }

    /** Drops a key whatever its age. */
    void drop(K key) {
        // compute, not remove: it excludes a store in its check even if there is no entry yet.
        entries.asMap().compute(key, (k, old) -> null);
    }

    /** Drops a key if its value was born before the barrier. */
    void dropOlder(K key, long stamp) {
        entries.asMap().compute(key, (k, old) -> old == null || old.born < stamp ? null : old);
    }

    /** Takes one particular entry out again. */
    void undo(K key, Entry<V> entry) {
        entries.asMap().remove(key, entry);
    }

    void dropAll() {
        entries.invalidateAll();
    }

    /** This node was in step with Redis at that moment. */
    void contact(long nanos) {
        vouchedUntil = nanos + maxStaleNanos;
        coarseNanos.setPlain(nanos);
    }

    /** Moves the clock of the backstop. */
    void tick() {
        coarseNanos.setPlain(ticker.read());
    }

    long size() {
        return entries.estimatedSize();
    }

    void cleanUp() {
        tick();
        entries.cleanUp();
    }
}
