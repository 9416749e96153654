package dev.holdfast.ratelimit;

import java.util.concurrent.atomic.LongAdder;

/** Counts decisions; polled by metrics, so a check pays for an addition or three. */
final class Tally {
    private static final int SOURCES = Decision.Source.values().length;

    private final LongAdder[] counts = new LongAdder[SOURCES * 2];
    private final LongAdder timed = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    Tally() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void count(ActivePlan plan, Subject subject, Decision decision) {
        counts[decision.source().ordinal() * 2 + (decision.permits() > 0 ? 1 : 0)].increment();
    }

    /** A check that asked Redis took so long. */
    void took(long howLong) {
        timed.increment();
        nanos.add(howLong);
    }

    long timed() {
        return timed.sum();
    }

    long count(Decision.Source source, boolean allowed) {
        return counts[source.ordinal() * 2 + (allowed ? 1 : 0)].sum();
    }

    long count(boolean allowed) {
        long sum = 0;
        for (Decision.Source source : Decision.Source.values()) {
            sum += count(source, allowed);
        }
        return sum;
    }

    long nanos() {
        return nanos.sum();
    }
}
