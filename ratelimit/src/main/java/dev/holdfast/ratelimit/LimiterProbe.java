package dev.holdfast.ratelimit;

import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import java.time.Instant;
import java.util.List;
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
        String fallback = kind(limiter.settings().fallback());
        Reading reading = since == 0
                ? Reading.of(Status.UP, "")
                : Reading.of(Status.DEGRADED, "Redis does not answer: the fallback '" + fallback + "' decides");
        reading = reading.with("mode", limiter.isLocal() ? "local" : since == 0 ? "redis" : "fallback")
                .with("nodes", limiter.nodes())
                .with("plans", limiter.plans().names().size());
        if (since != 0) {
            reading = reading.with("since", Instant.ofEpochMilli(since).toString())
                    .with("fallback", fallback)
                    .with("unsettled", limiter.memory().owing());
        }
        List<RefusedSubject> most = limiter.mostRefused(1);
        if (!most.isEmpty()) {
            reading = reading.with("mostRefused", most.get(0).subject())
                    .with("mostRefusals", most.get(0).refusals());
        }
        return reading;
    }

    private static String kind(Fallback fallback) {
        return fallback instanceof Fallback.Open ? "open" : fallback instanceof Fallback.Closed ? "closed" : "share";
    }
}
