package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.time.Duration;

/** What is left of the time that one read may spend on tier 2, however many questions it asks; for one thread. */
final class Budget {
    private final Ticker ticker;
    private final Duration whole;
    private long begun;
    private boolean asked;
    private boolean spent;

    Budget(Ticker ticker, Duration whole) {
        this.ticker = ticker;
        this.whole = whole;
    }

    /** The whole for the first question, the rest for later ones; at least a millisecond, so that it is a deadline. */
    Duration left() {
        if (!asked) {
            asked = true;
            begun = ticker.read();
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
