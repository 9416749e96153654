package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.util.concurrent.TimeUnit;

/**
 * Redis's clock as seen from here, so that no wall clock of a node takes part in any expiry.
 *
 * <p>Set by every reading of the control key from the moment the question was sent, which makes the estimate run ahead by
 * at most one round trip: values end early rather than late. Thread-safe.
 */
final class RedisClock {
    private final Ticker ticker;

    /** Redis's microseconds minus the ticker's. */
    private volatile long offsetMicros;

    RedisClock(Ticker ticker) {
        this.ticker = ticker;
    }

    void set(long redisMicros, long askedAtNanos) {
        offsetMicros = redisMicros - TimeUnit.NANOSECONDS.toMicros(askedAtNanos);
    }

    /** Microseconds of Redis's clock now; means nothing before the first {@link #set}. */
    long micros() {
        return TimeUnit.NANOSECONDS.toMicros(ticker.read()) + offsetMicros;
    }
}
