package dev.holdfast.cache;

import dev.holdfast.core.Jitter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Values on their way between the source and tier 2: wrapped, checked, unwrapped. */
final class Values<K, V> {
    /** A value out of tier 2 that may be served, and how long. */
    record Usable<V>(V value, long born, long nanosToLive) {}

    private final String cache;
    private final Codec<V> codec;
    private final Coherence<K, V> coherence;
    private final RedisClock clock;
    private final Counters counters;
    private final Jitter jitter;
    private final long nanosToLive;

    Values(
            CacheSettings<K, V> settings,
            Codec<V> codec,
            Coherence<K, V> coherence,
            RedisClock clock,
            Counters counters) {
        this.cache = settings.name();
        this.codec = codec;
        this.coherence = coherence;
        this.clock = clock;
        this.counters = counters;
        this.jitter = settings.jitter();
        this.nanosToLive = settings.timeToLive().toNanos();
    }

    /** A life for a new value, shortened at random so that values filled together do not end together. */
    long newLifeNanos() {
        return jitter.applyNanos(nanosToLive);
    }

    /** Redis's clock now, to judge many values by. */
    long redisMicros() {
        return clock.micros();
    }

    /** What may be served of these bytes; null, and counted where it is odd, if nothing may. */
    @Nullable
    Usable<V> usable(String key, byte[] bytes, long redisMicros) {
        Envelope envelope = Envelope.parse(bytes, key);
        if (envelope == null || envelope.codecId() != codec.id()) {
            counters.undecodable.increment();
            return null;
        }
        long left = TimeUnit.MICROSECONDS.toNanos(envelope.hardExpiry() - redisMicros);
        if (left <= 0 || envelope.born() < coherence.required(key)) {
            return null;
        }
        try {
            // A shorter life configured here since the value was written holds for it too.
            return new Usable<>(codec.decode(envelope.payload()), envelope.born(), Math.min(left, nanosToLive));
        } catch (Exception e) {
            counters.undecodable.increment();
            return null;
        }
    }

    /**
     * Wraps a value.
     *
     * @throws CodecException if the codec refuses it
     */
    Tier2.Fill wrap(String key, byte[] token, V value, long born, long lifeNanos, Duration loadCost) {
        byte[] payload;
        try {
            payload = codec.encode(value);
        } catch (Exception e) {
            throw new CodecException(
                    "cache '" + cache + "': the codec cannot encode the value of key '" + key + "' ("
                            + value.getClass().getName() + "): " + e.getMessage(),
                    e);
        }
        long end = clock.micros() + TimeUnit.NANOSECONDS.toMicros(lifeNanos);
        int cost = (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMicros(loadCost.toNanos()));
        Envelope envelope = new Envelope(0, codec.id(), born, end, end, cost, key, payload);
        return new Tier2.Fill(key, token, envelope, Math.max(1, TimeUnit.NANOSECONDS.toMillis(lifeNanos)));
    }
}
