package dev.holdfast.ratelimit;

import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import java.util.Locale;

/** Says how a limiter decides from what it knows; asks nobody. */
final class LimiterProbe implements HealthProbe {
    private final FleetLimiter limiter;

    LimiterProbe(FleetLimiter limiter) {
        this.limiter = limiter;
    }

    @Override
    public String name() {
        return "ratelimit." + limiter.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public Reading check() {
        long since = limiter.outage().sinceMillis();
        Reading reading = since == 0
                ? Reading.of(Status.UP, "")
                : Reading.of(Status.DEGRADED, "Redis does not answer: the fallback decides");
        return reading.with("mode", limiter.isLocal() ? "local" : since == 0 ? "redis" : "fallback")
                .with("nodes", limiter.nodes());
    }
}
