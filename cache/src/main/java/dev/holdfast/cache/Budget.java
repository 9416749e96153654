package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.time.Duration;

/** What is left of the time that one read may spend on tier 2, however many questions it asks. */
final class Budget {
    private final Ticker ticker;
    private final long end;

    Budget(Ticker ticker, Duration whole) {
        this.ticker = ticker;
        this.end = ticker.read() + whole.toNanos();
    }

    /** At least a millisecond, so that a spent budget ends in a time-out and not in an invalid deadline. */
    Duration left() {
        return Duration.ofNanos(Math.max(1_000_000, end - ticker.read()));
    }
}
