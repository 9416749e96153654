package dev.holdfast.cache;

import java.util.concurrent.atomic.LongAdder;

/** What a cache counts; polled by {@link CacheStats} and the metrics, never read on the hit path. */
final class Counters {
    final LongAdder tier1Hits = new LongAdder();
    final LongAdder tier2Hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder loads = new LongAdder();
    final LongAdder loadFailures = new LongAdder();
    final LongAdder tier2Failures = new LongAdder();
    final LongAdder undecodable = new LongAdder();
    final LongAdder fills = new LongAdder();
    final LongAdder fillsRefused = new LongAdder();
    final LongAdder invalidationsSent = new LongAdder();
    final LongAdder invalidationsReceived = new LongAdder();
    final LongAdder reissued = new LongAdder();
    final LongAdder repairs = new LongAdder();
    final LongAdder joinTimeouts = new LongAdder();
    final LongAdder staleServed = new LongAdder();
    final LongAdder earlyRefreshes = new LongAdder();
    final LongAdder leasesBusy = new LongAdder();
    final LongAdder loadsRefused = new LongAdder();
    final LongAdder softTimeouts = new LongAdder();
    final LongAdder hardTimeouts = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder tier2Reads = new LongAdder();
    final LongAdder tier2Nanos = new LongAdder();

    /** One GET or MGET that was answered. */
    void tier2Read(long nanos) {
        tier2Reads.increment();
        tier2Nanos.add(nanos);
    }

    CacheStats snapshot(long tier1Size) {
        return new CacheStats(
                tier1Hits.sum(),
                tier2Hits.sum(),
                misses.sum(),
                loads.sum(),
                loadFailures.sum(),
                tier2Failures.sum(),
                undecodable.sum(),
                fills.sum(),
                fillsRefused.sum(),
                invalidationsSent.sum(),
                invalidationsReceived.sum(),
                reissued.sum(),
                repairs.sum(),
                staleServed.sum(),
                earlyRefreshes.sum(),
                evictions.sum(),
                tier1Size);
    }
}
