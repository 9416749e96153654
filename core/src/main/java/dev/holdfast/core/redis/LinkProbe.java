package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Severity;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import java.util.Collection;
import java.util.stream.Collectors;

/** Reads what the link knows about itself: the link probes its servers on its own, so this never waits. */
final class LinkProbe implements HealthProbe {
    private static final double NANOS_PER_MILLI = 1e6;

    private final LinkSettings settings;
    private final LinkLife life;
    private final Backend backend;
    private final ServerWatch watch;

    LinkProbe(LinkSettings settings, LinkLife life, Backend backend, ServerWatch watch) {
        this.settings = settings;
        this.life = life;
        this.backend = backend;
        this.watch = watch;
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public Reading check() {
        LinkStatus now = life.status();
        Collection<HostPort> unreachable = backend.unreachable();
        boolean partly = now.state() == LinkState.UP && !unreachable.isEmpty();
        Status status = switch (now.state()) {
            case UP -> partly ? Status.DEGRADED : Status.UP;
            case CONNECTING -> Status.UNKNOWN;
            default -> Status.DOWN;
        };
        Reading reading = Reading.of(
                        status, partly ? "not connected to " + unreachable + ", which own slots" : now.reason())
                .with("mode", settings.uri().mode().name())
                .with("state", now.state().name())
                .with("generation", now.generation())
                .with("pingMillis", backend.pingNanos() / NANOS_PER_MILLI);
        Problem refusal = now.refusal();
        if (refusal != null) {
            reading = reading.with("refusal", refusal.toString());
        }
        String server = watch.found().stream()
                .filter(p -> p.severity() != Severity.INFO)
                .map(Problem::code)
                .collect(Collectors.joining(", "));
        return server.isEmpty() ? reading : reading.with("serverProblems", server);
    }
}
