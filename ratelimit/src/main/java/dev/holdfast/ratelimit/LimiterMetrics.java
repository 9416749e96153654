package dev.holdfast.ratelimit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Publishes the counters; polled by registries, so checks cost nothing for it. Tags are bounded: plans and limits by {@link
 * Tally#MOST_PLANS}, and no subject is ever one.
 */
final class LimiterMetrics implements MeterBinder {
    /** How many of the most refused subjects are told, by their rank. */
    static final int RANKS = 5;

    private static final String PREFIX = "holdfast.ratelimit.";
    private static final List<String> SLOW = List.of("2ms", "10ms", "100ms");
    private static final Set<Decision.Source> GRANTING =
            EnumSet.of(Decision.Source.REDIS, Decision.Source.LEASE, Decision.Source.LOCAL, Decision.Source.FALLBACK);
    private static final Set<Decision.Source> REFUSING = EnumSet.of(
            Decision.Source.REDIS,
            Decision.Source.DENY_CACHE,
            Decision.Source.LOCAL,
            Decision.Source.FALLBACK,
            Decision.Source.PENALTY,
            Decision.Source.NEVER);

    private final FleetLimiter limiter;

    LimiterMetrics(FleetLimiter limiter) {
        this.limiter = limiter;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Tally tally = limiter.tally();
        Set<String> bound = ConcurrentHashMap.newKeySet();
        tally.onPlan((plan, limits) -> bind(registry, bound, plan, limits));
        // Also those of which this limiter has counted already, and those that nobody has asked for yet.
        limiter.plans().active().forEach(plan -> {
            plan.counters(null);
            tally.expect(plan);
        });
        String name = limiter.name();
        FunctionCounter.builder(PREFIX + "skipped", tally, Tally::skips)
                .description("Checks that a skip rule left out")
                .tags("limiter", name)
                .register(registry);
        FunctionTimer.builder(PREFIX + "latency", tally, Tally::timed, Tally::seconds, TimeUnit.SECONDS)
                .description("Checks that asked Redis, and how long they took")
                .tags("limiter", name)
                .register(registry);
        for (int i = 0; i < SLOW.size(); i++) {
            int index = i;
            FunctionCounter.builder(PREFIX + "latency.slow", tally, t -> t.slow(index))
                    .description("Those that took longer")
                    .tags("limiter", name, "over", SLOW.get(i))
                    .register(registry);
        }
        for (int rank = 1; rank <= RANKS; rank++) {
            int wanted = rank;
            Gauge.builder(PREFIX + "top.refusals", tally, t -> refusals(t, wanted))
                    .description("Recent refusals of the subjects that are refused most")
                    .tags("limiter", name, "rank", String.valueOf(rank))
                    .register(registry);
        }
        Gauge.builder(PREFIX + "nodes", limiter, FleetLimiter::nodes)
                .description("Nodes between which limits are shared while Redis is away")
                .tags("limiter", name)
                .register(registry);
        Gauge.builder(PREFIX + "fallback", limiter, l -> l.outage().seconds())
                .description("For how many seconds the fallback has been deciding")
                .baseUnit("seconds")
                .tags("limiter", name)
                .register(registry);
        Gauge.builder(PREFIX + "unsettled", limiter, l -> l.memory().owing())
                .description("Subjects with grants of this node that Redis does not know of")
                .tags("limiter", name)
                .register(registry);
        FunctionCounter.builder(PREFIX + "settled", limiter, l -> l.memory().charged())
                .description("Subjects whose grants were charged to Redis afterwards")
                .tags("limiter", name)
                .register(registry);
    }

    private void bind(MeterRegistry registry, Set<String> bound, PlanTally plan, List<Limit> limits) {
        if (bound.add(plan.plan())) {
            bind(registry, plan);
        }
        for (Limit limit : limits) {
            String name = plan.tagOf(limit.name());
            if (!plan.plan().equals(Tally.OTHERS) && bound.add(plan.plan() + "/" + name)) {
                FunctionCounter.builder(PREFIX + "refusals", plan.byLimit(limit.name()), adder -> adder.sum())
                        .description("Refusals by the limit that refused")
                        .tags("limiter", limiter.name(), "plan", plan.plan(), "limit", name)
                        .register(registry);
            }
        }
    }

    private void bind(MeterRegistry registry, PlanTally plan) {
        for (PlanTally.Result result : PlanTally.Result.values()) {
            for (Decision.Source source : result == PlanTally.Result.ALLOWED ? GRANTING : REFUSING) {
                FunctionCounter.builder(PREFIX + "checks", plan, p -> p.counted(source, result))
                        .description("Checks by result and by who decided")
                        .tags(
                                "limiter",
                                limiter.name(),
                                "plan",
                                plan.plan(),
                                "result",
                                result.name().toLowerCase(Locale.ROOT),
                                "source",
                                tag(source))
                        .register(registry);
            }
        }
        FunctionCounter.builder(PREFIX + "near", plan, PlanTally::near)
                .description("Checks that were allowed when less than a fifth of a limit was left")
                .tags("limiter", limiter.name(), "plan", plan.plan())
                .register(registry);
    }

    private static double refusals(Tally tally, int rank) {
        List<TopSubjects.Counted> top = tally.top(rank);
        return top.size() < rank ? 0 : top.get(rank - 1).refusals();
    }

    private static String tag(Decision.Source source) {
        return source.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
