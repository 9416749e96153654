package dev.holdfast.ratelimit;

import java.util.concurrent.atomic.LongAdder;

/** Counts decisions; polled by metrics, so a check pays for two additions only. */
final class Tally {
    private static final int SOURCES = Decision.Source.values().length;

    private final LongAdder[] counts = new LongAdder[SOURCES * 2];
    private final LongAdder nanos = new LongAdder();

    Tally() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void count(ActivePlan plan, Subject subject, Decision decision, long took) {
        counts[decision.source().ordinal() * 2 + (decision.permits() > 0 ? 1 : 0)].increment();
        nanos.add(took);
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
