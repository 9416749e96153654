package dev.holdfast.batch;

import java.util.concurrent.atomic.LongAdder;

/** What a loader counts. */
final class Counters {
    final LongAdder loads = new LongAdder();
    final LongAdder hits = new LongAdder();
    final LongAdder batches = new LongAdder();
    final LongAdder keys = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder retries = new LongAdder();
    final LongAdder timeouts = new LongAdder();
    final LongAdder nanos = new LongAdder();

    BatchStats stats() {
        return new BatchStats(
                loads.sum(),
                hits.sum(),
                batches.sum(),
                keys.sum(),
                failures.sum(),
                retries.sum(),
                timeouts.sum(),
                nanos.sum());
    }
}
