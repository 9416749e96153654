package dev.holdfast.cache;

import dev.holdfast.core.Jitter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Values on their way between the source and the tiers: given a life, wrapped, checked, unwrapped. */
final class Values<K, V> {
    private final String cache;
    private final Codec<V> codec;
    private final Tags<V> tags;
    private final Barriers barriers;
    private final Journal journal;
    private final RedisClock clock;
    private final Counters counters;
    private final Freshness freshness;
    private final Jitter jitter;
    private final long nanosToLive;
    private final long longestNanos;
    private final long staleNanos;
    private final long absentNanos;
    private final int maximumValueSize;
    private final @Nullable Compression compression;
    private final int compressFrom;

    Values(
            CacheSettings<K, V> settings,
            Codec<V> codec,
            Tags<V> tags,
            Barriers barriers,
            Journal journal,
            RedisClock clock,
            Counters counters) {
        this.cache = settings.name();
        this.codec = codec;
        this.tags = tags;
        this.barriers = barriers;
        this.journal = journal;
        this.clock = clock;
        this.counters = counters;
        this.freshness = settings.freshness();
        this.jitter = freshness.jitter();
        this.nanosToLive = freshness.timeToLive().toNanos();
        this.longestNanos = freshness.maximumTimeToLive().toNanos();
        this.staleNanos = freshness.staleFor().toNanos();
        this.absentNanos = freshness.absentTimeToLive().toNanos();
        this.maximumValueSize = settings.maximumValueSize();
        this.compression = settings.compression();
        this.compressFrom = settings.compressFrom();
    }

    /** Redis's clock now, to judge many values by. */
    long redisMicros() {
        return clock.micros();
    }

    /** What may be served of these bytes, fresh or stale; null, and counted where it is odd, if nothing may. */
    @Nullable
    Found<V> usable(String key, byte[] bytes, long redisMicros) {
        Envelope envelope = Envelope.parse(bytes, key);
        if (envelope == null || envelope.codecId() != codec.id() || envelope.length() > maximumValueSize) {
            counters.undecodable.increment();
            return null;
        }
        long stale = TimeUnit.MICROSECONDS.toNanos(envelope.hardExpiry() - redisMicros);
        if (stale <= 0
                || !barriers.valid(key, envelope.tags(), envelope.born())
                || journal.fenced(key, envelope.tags())) {
            return null;
        }
        long fresh = TimeUnit.MICROSECONDS.toNanos(envelope.softExpiry() - redisMicros);
        if (barriers.soft(key, envelope.tags(), envelope.born())) {
            fresh = 0;
        }
        // A shorter life configured here since the value was written holds for it too.
        fresh = Math.min(fresh, longestNanos);
        stale = Math.min(stale, Math.max(0, fresh) + staleNanos);
        if (stale <= 0) {
            return null;
        }
        try {
            V value = envelope.absent() ? null : decode(envelope);
            long cost = TimeUnit.MICROSECONDS.toNanos(envelope.loadCost());
            return new Found<>(value, envelope.born(), fresh, stale, cost, envelope.tags());
        } catch (Exception e) {
            counters.undecodable.increment();
            return null;
        }
    }

    private V decode(Envelope envelope) throws Exception {
        V value;
        if (envelope.compression() == 0) {
            value = codec.decode(envelope.bytes(), envelope.offset(), envelope.length());
        } else {
            value = codec.decode(decompressed(envelope));
        }
        if (value == null) {
            throw new CodecException("cache '" + cache + "': the codec decoded null", null);
        }
        return value;
    }

    /** A compressed payload says its own length first, in four bytes. */
    private byte[] decompressed(Envelope envelope) throws Exception {
        int size = ByteBuffer.wrap(envelope.bytes()).getInt(envelope.offset());
        int id = envelope.compression();
        Compression known = compression != null && compression.id() == id ? compression : Compression.deflate();
        if (id != known.id() || size < 0 || size > maximumValueSize) {
            throw new CodecException(
                    "cache '" + cache + "': compression " + id + " of " + size + " bytes is not known here", null);
        }
        return known.decompress(
                envelope.bytes(), envelope.offset() + Integer.BYTES, envelope.length() - Integer.BYTES, size);
    }

    /** The compressed payload, or null if that is not worth it. */
    private byte @Nullable [] compressed(String key, byte[] payload) {
        if (compression == null || payload.length < compressFrom) {
            return null;
        }
        byte[] smaller;
        try {
            smaller = compression.compress(payload);
        } catch (Exception e) {
            throw new CodecException(
                    "cache '" + cache + "': the value of key '" + key + "' cannot be compressed: " + e.getMessage(), e);
        }
        if (smaller.length + Integer.BYTES > payload.length - payload.length / 10) {
            return null;
        }
        return ByteBuffer.allocate(Integer.BYTES + smaller.length)
                .putInt(payload.length)
                .put(smaller)
                .array();
    }

    /**
     * What the source gave, with a life shortened at random so that values loaded together do not end together; null if it
     * is not to be cached.
     *
     * @throws IllegalArgumentException if its tags or its life are not allowed
     */
    @Nullable
    Found<V> found(Loaded<V> loaded, long born, long loadNanos) {
        if (!loaded.cached()) {
            return null;
        }
        String[] ownTags = tags.of(loaded.value(), loaded.tags());
        if (loaded.value() == null) {
            long life = jitter.applyNanos(loaded.timeToLive() == null ? absentNanos : ownLife(loaded.timeToLive()));
            return life == 0 ? null : new Found<>(null, born, life, life, loadNanos, ownTags);
        }
        long life = jitter.applyNanos(loaded.timeToLive() == null ? nanosToLive : ownLife(loaded.timeToLive()));
        return new Found<>(loaded.value(), born, life, life + staleNanos, loadNanos, ownTags);
    }

    private long ownLife(Duration timeToLive) {
        if (timeToLive.compareTo(Duration.ofMillis(1)) < 0 || timeToLive.compareTo(freshness.maximumTimeToLive()) > 0) {
            throw new IllegalArgumentException("cache '" + cache + "': the loader gave a timeToLive of " + timeToLive
                    + ", which is not within PT0.001S.." + freshness.maximumTimeToLive()
                    + ": raise maximumTimeToLive(...), or let the value live shorter");
        }
        return timeToLive.toNanos();
    }

    /**
     * Wraps a value for tier 2.
     *
     * @throws CodecException if the codec refuses it, or it is too large
     */
    Tier2.Fill wrap(String key, byte[] token, Found<V> found) {
        V value = found.value();
        byte[] payload = value == null ? new byte[0] : encode(key, value);
        int flags = value == null ? Envelope.ABSENT : 0;
        byte[] smaller = value == null ? null : compressed(key, payload);
        if (smaller != null && compression != null) {
            payload = smaller;
            flags |= compression.id() << Envelope.COMPRESSION_SHIFT;
        }
        long now = clock.micros();
        int cost = (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMicros(found.loadNanos()));
        Envelope envelope = new Envelope(
                flags,
                codec.id(),
                found.born(),
                now + TimeUnit.NANOSECONDS.toMicros(found.freshNanos()),
                now + TimeUnit.NANOSECONDS.toMicros(found.staleNanos()),
                cost,
                key,
                found.tags(),
                payload,
                0,
                payload.length);
        return new Tier2.Fill(key, token, envelope, Math.max(1, TimeUnit.NANOSECONDS.toMillis(found.staleNanos())));
    }

    private byte[] encode(String key, V value) {
        byte[] payload;
        try {
            payload = codec.encode(value);
        } catch (Exception e) {
            throw new CodecException(
                    "cache '" + cache + "': the codec cannot encode the value of key '" + key + "' ("
                            + value.getClass().getName() + "): " + e.getMessage(),
                    e);
        }
        if (payload == null) {
            throw new CodecException(
                    "cache '" + cache + "': the codec encoded the value of key '" + key + "' as null", null);
        }
        if (payload.length > maximumValueSize) {
            throw new CodecException(
                    "cache '" + cache + "': the value of key '" + key + "' has " + payload.length
                            + " bytes, more than maximumValueSize " + maximumValueSize
                            + ": cache less of it, or raise maximumValueSize(...)",
                    null);
        }
        return payload;
    }
}
