package dev.holdfast.ratelimit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Publishes the counters; polled by registries, so checks cost nothing for it. */
final class LimiterMetrics implements MeterBinder {
    private final FleetLimiter limiter;

    LimiterMetrics(FleetLimiter limiter) {
        this.limiter = limiter;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (boolean allowed : new boolean[] {true, false}) {
            FunctionCounter.builder("holdfast.ratelimit.checks", limiter.tally(), tally -> tally.count(allowed))
                    .description("Checks by their result")
                    .tags("limiter", limiter.name(), "result", allowed ? "allowed" : "refused")
                    .register(registry);
        }
    }
}
