package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The tier inside the process: a bounded Caffeine cache of {@link Entry entries}.
 *
 * <p>A hit reads the clock once, compares the entry's deadline, the gate and the end of trust, and takes no lock. The
 * gate moves whenever something invalidates more than one key; entries checked at an older reading are checked again.
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

    /** How often the gate has moved; only touched under the lock of {@link Coherence}. */
    private long gateReadings;

    private volatile long gate;

    /** Until when entries are trusted without looking at their age: the last contact with Redis plus maxStale. */
    private volatile long trustedUntil;

    /** Whether trust never ends, since there is no Redis on purpose. */
    private final boolean alone;

    Tier1(CacheSettings<K, V> settings, boolean alone, Barriers barriers, Counters counters) {
        this.ticker = settings.ticker();
        this.barriers = barriers;
        this.counters = counters;
        this.alone = alone;
        this.maxStaleNanos = settings.maxStale().toNanos();
        this.coarseNanos = new AtomicLong(ticker.read());
        this.trustedUntil = alone ? ticker.read() + Long.MAX_VALUE / 2 : ticker.read();
        Caffeine<Object, Object> builder = Caffeine.newBuilder()
                .ticker(coarseNanos::getPlain)
                .expireAfterWrite(settings.timeToLive().toNanos(), TimeUnit.NANOSECONDS);
        Weigher<K, V> weigher = settings.weigher();
        if (weigher == null) {
            entries = builder.maximumSize(settings.maximumSize()).build();
        } else {
            entries = builder.maximumWeight(settings.maximumSize())
                    .weigher((K key, Entry<V> entry) -> weigher.weigh(key, entry.value))
                    .build();
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
        if (now - entry.deadline < 0 && entry.checked == gate && now - trustedUntil < 0) {
            counters.tier1Hits.increment();
            return entry.value;
        }
        return checked(key, entry, now);
    }

    private @Nullable V checked(K key, Entry<V> entry, long now) {
        long gateNow = gate;
        if (now - entry.deadline >= 0 || entry.born < barriers.floor()) {
            entries.asMap().remove(key, entry);
            return null;
        }
        entry.checked = gateNow;
        if (!trusted(entry, now)) {
            return null;
        }
        counters.tier1Hits.increment();
        return entry.value;
    }

    /** A node that is cut off may have missed any invalidation: it serves nothing that is older than maxStale. */
    private boolean trusted(Entry<V> entry, long now) {
        return alone || now - trustedUntil < 0 || now - entry.stored < maxStaleNanos;
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
        long now = ticker.read();
        coarseNanos.setPlain(now);
        // The gate is read before the barriers: if it moves in between, the entry is checked again when it is read.
        Entry<V> fresh = new Entry<>(value, born, now, now + nanosToLive, gate);
        Entry<V> stored = entries.asMap().compute(key, (k, old) -> {
            boolean forbidden = (flight != null && flight.detached()) || born < barriers.required(escaped);
            boolean newerIsHere = old != null && old.born > born;
            return forbidden || newerIsHere ? old : fresh;
        });
        return stored == fresh ? fresh : null;
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
        moveGate();
        entries.invalidateAll();
    }

    /** Has every entry checked against the floor at its next read. */
    void moveGate() {
        gate = ++gateReadings;
    }

    /** This node was in step with Redis at that moment. */
    void contact(long nanos) {
        trustedUntil = nanos + maxStaleNanos;
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
