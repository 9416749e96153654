package dev.holdfast.examples.storefront;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** What the visitors of one run saw. Thread-safe. */
final class Tally {
    private final Latencies latencies = new Latencies();
    private final LongAdder answered = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder staleReads = new LongAdder();
    private final AtomicReference<String> firstError = new AtomicReference<>("");

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

    Latencies latencies() {
        return latencies;
    }

    long answered() {
        return answered.sum();
    }

    long errors() {
        return errors.sum();
    }

    long staleReads() {
        return staleReads.sum();
    }

    /** The first error or stale read; empty if there was none. */
    String firstError() {
        return firstError.get();
    }
}
