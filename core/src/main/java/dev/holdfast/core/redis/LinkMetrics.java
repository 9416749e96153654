package dev.holdfast.core.redis;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Polls what the link counts anyway; nothing on the path of an operation knows of meters. */
final class LinkMetrics implements MeterBinder {
    private final LinkSettings settings;
    private final LinkLife life;
    private final OperationGate gate;
    private final Backend backend;
    private final SubscriptionHub subscriptions;
    private final Connector connector;

    LinkMetrics(
            LinkSettings settings,
            LinkLife life,
            OperationGate gate,
            Backend backend,
            SubscriptionHub subscriptions,
            Connector connector) {
        this.settings = settings;
        this.life = life;
        this.gate = gate;
        this.backend = backend;
        this.subscriptions = subscriptions;
        this.connector = connector;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        String link = settings.name();
        String mode = settings.uri().mode().name().toLowerCase(Locale.ROOT);
        for (LinkState state : new LinkState[] {LinkState.CONNECTING, LinkState.UP, LinkState.DOWN, LinkState.CLOSED}) {
            Gauge.builder("holdfast.redis.state", life, l -> l.status().state() == state ? 1 : 0)
                    .tag("link", link)
                    .description("1 for the state the link is in")
                    .tag("mode", mode)
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder("holdfast.redis.generation", life, l -> l.status().generation())
                .tag("link", link)
                .description("Number of the current connection and topology")
                .register(registry);
        Gauge.builder("holdfast.redis.connections", connector, Connector::openConnections)
                .tag("link", link)
                .description("Open sockets, subscriptions and Sentinels included")
                .register(registry);
        Gauge.builder("holdfast.redis.ping", backend, b -> b.pingNanos() / 1e9)
                .tag("link", link)
                .description("Time the latest probe took")
                .baseUnit("seconds")
                .register(registry);
        FunctionCounter.builder("holdfast.redis.connects", life, LinkLife::ups)
                .tag("link", link)
                .description("How often the link came up")
                .register(registry);
        operations(registry, link);
        subscriptions(registry, link);
        breaker(registry);
    }

    private void operations(MeterRegistry registry, String link) {
        FunctionTimer.builder(
                        "holdfast.redis.operations",
                        gate,
                        OperationGate::succeeded,
                        OperationGate::succeededNanos,
                        TimeUnit.NANOSECONDS)
                .tag("link", link)
                .description("Operations that succeeded")
                .register(registry);
        for (Failures.Kind kind : Failures.Kind.values()) {
            FunctionCounter.builder("holdfast.redis.failures", gate, g -> g.failed(kind))
                    .tag("link", link)
                    .description("Operations that failed, by what happened")
                    .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    private void subscriptions(MeterRegistry registry, String link) {
        Gauge.builder("holdfast.redis.subscription.channels", subscriptions, SubscriptionHub::confirmed)
                .tag("link", link)
                .description("Channels whose subscription is in force")
                .register(registry);
        Gauge.builder("holdfast.redis.subscription.backlog", subscriptions, SubscriptionHub::backlog)
                .tag("link", link)
                .description("Messages that wait for their listeners")
                .register(registry);
        FunctionCounter.builder("holdfast.redis.subscription.messages", subscriptions, SubscriptionHub::received)
                .tag("link", link)
                .description("Messages delivered to listeners")
                .register(registry);
        FunctionCounter.builder("holdfast.redis.subscription.losses", subscriptions, SubscriptionHub::losses)
                .tag("link", link)
                .description("Subscriptions that were interrupted")
                .register(registry);
        FunctionCounter.builder("holdfast.redis.subscription.overflows", subscriptions, SubscriptionHub::overflows)
                .tag("link", link)
                .description("Interruptions because listeners were too slow")
                .register(registry);
        FunctionCounter.builder(
                        "holdfast.redis.listener.failures",
                        subscriptions,
                        s -> s.listenerFailures() + life.events().failures())
                .tag("link", link)
                .description("Listeners that threw")
                .register(registry);
    }

    private void breaker(MeterRegistry registry) {
        CircuitBreaker breaker = gate.breaker();
        for (CircuitBreaker.State state :
                new CircuitBreaker.State[] {CircuitBreaker.State.CLOSED, CircuitBreaker.State.OPEN}) {
            Gauge.builder("resilience4j.circuitbreaker.state", breaker, b -> b.getState() == state ? 1 : 0)
                    .description("The states of the circuit breaker")
                    .tag("name", breaker.getName())
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder(
                        "resilience4j.circuitbreaker.failure.rate",
                        breaker,
                        b -> b.getMetrics().getFailureRate())
                .description("The failure rate of the circuit breaker")
                .tag("name", breaker.getName())
                .register(registry);
        FunctionCounter.builder(
                        "resilience4j.circuitbreaker.not.permitted.calls",
                        breaker,
                        b -> b.getMetrics().getNumberOfNotPermittedCalls())
                .description("The number of not permitted calls")
                .tag("name", breaker.getName())
                .tag("kind", "not_permitted")
                .register(registry);
    }
}
