package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * What visitors saw, and what it cost, over one or more runs on one path. Visitors write to it from any thread; {@link
 * #ran} and {@link #measurement} belong to the thread that sends them.
 */
final class Tally {
    private final Latencies latencies = new Latencies();
    private final LongAdder answered = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder staleReads = new LongAdder();
    private final AtomicReference<String> firstError = new AtomicReference<>("");

    private Duration elapsed = Duration.ZERO;
    private long statements;
    private TierHits hits = TierHits.NONE;

    void answered(long nanos) {
        answered.increment();
        latencies.record(nanos);
    }

    void failed(String why) {
        errors.increment();
        firstError.compareAndSet("", why);
    }

    void stale(String why) {
        staleReads.increment();
        firstError.compareAndSet("", why);
    }

    /** A run is over. */
    void ran(Duration time, long sent, TierHits found) {
        elapsed = elapsed.plus(time);
        statements += sent;
        hits = hits.plus(found);
    }

    Measurement measurement(ShopPath path) {
        return new Measurement(
                path,
                elapsed,
                answered.sum(),
                latencies.quantile(0.50),
                latencies.quantile(0.95),
                latencies.quantile(0.99),
                statements,
                hits,
                errors.sum(),
                staleReads.sum(),
                firstError.get());
    }
}
