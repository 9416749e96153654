package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.time.Duration;

/** What is left of the time that one read may spend on tier 2, however many questions it asks; for one thread. */
final class Budget {
    private final Ticker ticker;
    private final Duration whole;
    private final long begun;
    private boolean asked;
    private boolean spent;

    Budget(Ticker ticker, Duration whole) {
        this.ticker = ticker;
        this.whole = whole;
        this.begun = ticker.read();
    }

    /** When the read turned to tier 2, in ticker nanoseconds. */
    long begun() {
        return begun;
    }

    /** The whole for the first question, the rest for later ones; at least a millisecond, so that it is a deadline. */
    Duration left() {
        if (!asked) {
            asked = true;
            return whole;
        }
        return Duration.ofNanos(Math.max(1_000_000, whole.toNanos() - (ticker.read() - begun)));
    }

    /** Asks no more, since tier 2 has failed. */
    void spend() {
        spent = true;
    }

    boolean spent() {
        return spent;
    }
}
