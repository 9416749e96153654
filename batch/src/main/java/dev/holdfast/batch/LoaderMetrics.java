package dev.holdfast.batch;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Publishes a loader's counters; polled by registries, so loads cost nothing for it. */
record LoaderMetrics(String loader, Counters counters) implements MeterBinder {

    @Override
    public void bindTo(MeterRegistry registry) {
        counter(registry, "holdfast.batch.loads", "Keys that callers asked for", counters.loads);
        counter(registry, "holdfast.batch.hits", "Keys that a scope's cache answered at once", counters.hits);
        counter(registry, "holdfast.batch.keys", "Keys handed to the batch function", counters.keys);
        counter(registry, "holdfast.batch.failures", "Keys that ended in a failure", counters.failures);
        counter(registry, "holdfast.batch.retries", "Keys that were tried again", counters.retries);
        counter(registry, "holdfast.batch.timeouts", "Batches given up because they took too long", counters.timeouts);
        FunctionTimer.builder(
                        "holdfast.batch.batches",
                        counters,
                        c -> c.batches.sum(),
                        c -> c.nanos.sum(),
                        TimeUnit.NANOSECONDS)
                .description("Calls of the batch function, and how long they took")
                .tag("loader", loader)
                .register(registry);
    }

    private void counter(MeterRegistry registry, String name, String description, LongAdder count) {
        FunctionCounter.builder(name, count, LongAdder::sum)
                .description(description)
                .tag("loader", loader)
                .register(registry);
    }
}
