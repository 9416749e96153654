package dev.holdfast.cache;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** Publishes the counters; polled by registries, so reads of the cache cost nothing for it. */
final class CacheMetrics implements MeterBinder {
    private final String cache;
    private final Counters counters;
    private final LongSupplier size;
    private final IntSupplier barriers;
    private final IntSupplier journal;
    private final IntSupplier pending;

    CacheMetrics(
            String cache,
            Counters counters,
            LongSupplier size,
            IntSupplier barriers,
            IntSupplier journal,
            IntSupplier pending) {
        this.cache = cache;
        this.counters = counters;
        this.size = size;
        this.barriers = barriers;
        this.journal = journal;
        this.pending = pending;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gets(registry, "1", "hit", counters.tier1Hits);
        gets(registry, "2", "hit", counters.tier2Hits);
        gets(registry, "source", "miss", counters.misses);
        gets(registry, "1", "stale", counters.staleServed);
        counter(registry, "cache.puts", "Values stored in tier 2", counters.fills);
        counter(registry, "holdfast.cache.loads", "Keys asked of the source", counters.loads);
        counter(registry, "holdfast.cache.load.failures", "Keys for which the source failed", counters.loadFailures);
        counter(registry, "holdfast.cache.tier2.failures", "Operations on Redis that failed", counters.tier2Failures);
        counter(registry, "holdfast.cache.tier2.refused", "Values tier 2 did not take", counters.fillsRefused);
        counter(registry, "holdfast.cache.undecodable", "Tier-2 values nobody could read", counters.undecodable);
        counter(registry, "holdfast.cache.invalidations.sent", "Keys invalidated here", counters.invalidationsSent);
        counter(
                registry,
                "holdfast.cache.invalidations.received",
                "Keys invalidated elsewhere",
                counters.invalidationsReceived);
        counter(registry, "holdfast.cache.reissued", "Keys invalidated again after an outage", counters.reissued);
        counter(
                registry,
                "holdfast.cache.join.timeouts",
                "Waits for another thread's load that took longer than the lease time",
                counters.joinTimeouts);
        counter(registry, "holdfast.cache.repairs", "Readings that found something missed", counters.repairs);
        FunctionTimer.builder(
                        "holdfast.cache.tier2.reads",
                        counters,
                        c -> c.tier2Reads.sum(),
                        c -> c.tier2Nanos.sum(),
                        TimeUnit.NANOSECONDS)
                .description("Reads of Redis that were answered, and how long that took")
                .tag("cache", cache)
                .register(registry);
        counter(registry, "cache.evictions", "Entries given up to stay within the bound of tier 1", counters.evictions);
        counter(
                registry,
                "holdfast.cache.refreshes.early",
                "Values loaded again before they ended",
                counters.earlyRefreshes);
        counter(
                registry,
                "holdfast.cache.leases.busy",
                "Loads that found another node loading the key",
                counters.leasesBusy);
        counter(
                registry,
                "holdfast.cache.loads.refused",
                "Loads that waited too long for their turn",
                counters.loadsRefused);
        counter(
                registry,
                "holdfast.cache.timeouts.soft",
                "Reads that got a stale value since the load was slow",
                counters.softTimeouts);
        counter(registry, "holdfast.cache.timeouts.hard", "Reads that gave up on a slow load", counters.hardTimeouts);
        Gauge.builder("cache.size", size::getAsLong)
                .description("Entries in tier 1")
                .tag("cache", cache)
                .register(registry);
        Gauge.builder("holdfast.cache.barriers", barriers::getAsInt)
                .description("Barriers held by this node")
                .tag("cache", cache)
                .register(registry);
        Gauge.builder("holdfast.cache.journal", journal::getAsInt)
                .description("Own invalidations kept for another issue")
                .tag("cache", cache)
                .register(registry);
        Gauge.builder("holdfast.cache.journal.pending", pending::getAsInt)
                .description("Own invalidations that the other nodes have not been told of yet")
                .tag("cache", cache)
                .register(registry);
    }

    private void gets(MeterRegistry registry, String tier, String result, LongAdder count) {
        FunctionCounter.builder("cache.gets", count, LongAdder::sum)
                .description("Reads by the tier that answered")
                .tags("cache", cache, "tier", tier, "result", result)
                .register(registry);
    }

    private void counter(MeterRegistry registry, String name, String description, LongAdder count) {
        FunctionCounter.builder(name, count, LongAdder::sum)
                .description(description)
                .tag("cache", cache)
                .register(registry);
    }
}
