package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LimiterMetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicLong time = new AtomicLong();

    private RateLimiterBuilder builder() {
        Ticker ticker = time::get;
        return RateLimiter.builder("api")
                .redis(RedisLink.disabled())
                .ticker(ticker)
                .plan(
                        "free",
                        Plan.of(
                                Limit.perMinute(10).named("minute"),
                                Limit.perHour(12).named("hour")));
    }

    private double checks(String plan, String result, String source) {
        return registry.get("holdfast.ratelimit.checks")
                .tags("limiter", "api", "plan", plan, "result", result, "source", source)
                .functionCounter()
                .count();
    }

    private double refusals(String limit) {
        return registry.get("holdfast.ratelimit.refusals")
                .tags("plan", "free", "limit", limit)
                .functionCounter()
                .count();
    }

    @Test
    void decisions_areCounted_byPlanResultSourceAndLimit() {
        try (RateLimiter limiter =
                builder().skip("GET /health").otherwise("free").build()) {
            limiter.metrics().bindTo(registry);
            Subject ann = Subject.user("ann");
            for (int i = 0; i < 11; i++) {
                limiter.tryAcquire(ann, "free");
            }
            time.addAndGet(Duration.ofSeconds(30).toNanos());
            for (int i = 0; i < 4; i++) {
                limiter.tryAcquire(ann, "free");
            }
            limiter.tryAcquire(ann, "free", 11);
            limiter.check(ann, "GET /health");
            limiter.peek(ann, "free");

            assertThat(checks("free", "allowed", "local")).isEqualTo(12);
            assertThat(checks("free", "refused", "local")).isEqualTo(3);
            assertThat(checks("free", "refused", "never")).isEqualTo(1);
            assertThat(refusals("minute")).isEqualTo(1);
            assertThat(refusals("hour")).isEqualTo(2);
            // 1 of 10 and 0 of 10 left, then 1 and 0 of 12.
            assertThat(registry.get("holdfast.ratelimit.near").functionCounter().count())
                    .isEqualTo(4);
            assertThat(registry.get("holdfast.ratelimit.skipped")
                            .functionCounter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("holdfast.ratelimit.top.refusals")
                            .tags("rank", "1")
                            .gauge()
                            .value())
                    .isEqualTo(4);
            assertThat(registry.get("holdfast.ratelimit.top.refusals")
                            .tags("rank", "2")
                            .gauge()
                            .value())
                    .isZero();
        }
    }

    @Test
    void shadowedRefusals_areCountedApart() {
        try (RateLimiter limiter =
                builder().plan("try", Plan.of(Limit.perHour(1)).shadow()).build()) {
            limiter.metrics().bindTo(registry);
            limiter.tryAcquire(Subject.user("ann"), "try");
            limiter.tryAcquire(Subject.user("ann"), "try");
            assertThat(checks("try", "allowed", "local")).isEqualTo(1);
            assertThat(checks("try", "shadowed", "local")).isEqualTo(1);
            assertThat(checks("try", "refused", "local")).isZero();
        }
    }

    @Test
    void aPlanThatIsAddedOrChanged_isCountedOn() {
        try (RateLimiter limiter = builder().build()) {
            limiter.metrics().bindTo(registry);
            Subject ann = Subject.user("ann");
            limiter.plans().put("late", Plan.of(Limit.perHour(1).named("one")));
            limiter.tryAcquire(ann, "late");
            limiter.plans().put("late", Plan.of(Limit.perHour(2).named("two")));
            limiter.tryAcquire(ann, "late");
            limiter.tryAcquire(ann, "late");
            limiter.tryAcquire(ann, "late");
            assertThat(checks("late", "allowed", "local")).isEqualTo(3);
            assertThat(registry.get("holdfast.ratelimit.refusals")
                            .tags("limit", "two")
                            .functionCounter()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void tags_areBounded_howeverManyPlansAndSubjectsThereAre() {
        try (RateLimiter limiter = builder().build()) {
            limiter.metrics().bindTo(registry);
            for (int i = 0; i < 300; i++) {
                limiter.plans().put("p" + i, Plan.of(Limit.perHour(1)));
                limiter.tryAcquire(Subject.user("u" + i), "p" + i);
                limiter.tryAcquire(Subject.user("u" + i), "p" + i);
            }
            Set<String> plans = registry.getMeters().stream()
                    .map(meter -> meter.getId().getTag("plan"))
                    .filter(java.util.Objects::nonNull)
                    .collect(Collectors.toSet());
            assertThat(plans).hasSize(Tally.MOST_PLANS + 1).contains(Tally.OTHERS);
            assertThat(checks(Tally.OTHERS, "allowed", "local")).isEqualTo(201);
            assertThat(registry.getMeters()).hasSizeLessThan(2_000);
        }
    }

    @Test
    void mostRefused_isHashed_unlessNamesMayBeShown() {
        try (RateLimiter hidden = builder().build();
                RateLimiter shown = builder().showSubjects().build()) {
            for (RateLimiter limiter : new RateLimiter[] {hidden, shown}) {
                for (int i = 0; i < 13; i++) {
                    limiter.tryAcquire(Subject.user("ann").within("acme"), "free");
                }
            }
            assertThat(hidden.mostRefused(5)).hasSize(1).allSatisfy(most -> {
                assertThat(most.subject()).matches("[0-9A-F]{16}|[0-9a-f]{16}");
                assertThat(most.refusals()).isEqualTo(3);
            });
            assertThat(shown.mostRefused(5)).containsExactly(new RefusedSubject("t:acme/u:ann", 3, 0));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> shown.mostRefused(0))
                    .withMessage("most 0 < 1: ask for at least one subject");
        }
    }

    @Test
    void probe_saysModeNodesAndSinceWhen() throws Exception {
        try (RedisServer redis = RedisServers.standalone();
                FaultProxy proxy = FaultProxy.to(redis);
                RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                        .serverCheck(false)
                        .connect()) {
            assertThat(link.awaitUp(Duration.ofSeconds(30))).isTrue();
            try (RateLimiter limiter = builder()
                    .redis(link)
                    .ticker(Ticker.system())
                    .timeout(Duration.ofSeconds(5))
                    .fallback(Fallback.share().minimumNodes(2))
                    .build()) {
                assertThat(limiter.healthProbe().name()).isEqualTo("ratelimit.api");
                assertThat(limiter.tryAcquire(Subject.user("ann"), "free").source())
                        .isEqualTo(Decision.Source.REDIS);
                Reading well = limiter.healthProbe().check();
                assertThat(well.status()).isEqualTo(Status.UP);
                assertThat(well.facts())
                        .containsEntry("mode", "redis")
                        .containsKey("nodes")
                        .doesNotContainKey("since");

                Instant before = Instant.now().minusMillis(1);
                proxy.close();
                for (int i = 0; i < 12; i++) {
                    limiter.tryAcquire(Subject.user("bob"), "free");
                }
                Reading ill = limiter.healthProbe().check();
                assertThat(ill.status()).isEqualTo(Status.DEGRADED);
                assertThat(ill.message()).isEqualTo("Redis does not answer: the fallback 'share' decides");
                assertThat(ill.facts())
                        .containsEntry("mode", "fallback")
                        .containsEntry("fallback", "share")
                        .containsEntry("unsettled", 1)
                        .containsKey("mostRefused");
                assertThat(Instant.parse((String) ill.facts().get("since"))).isBetween(before, Instant.now());
                limiter.metrics().bindTo(registry);
                assertThat(registry.get("holdfast.ratelimit.unsettled").gauge().value())
                        .isEqualTo(1);
                assertThat(registry.get("holdfast.ratelimit.fallback").gauge().value())
                        .isNotNegative();
                assertThat(checks("free", "allowed", "fallback")).isPositive();
                assertThat(registry.get("holdfast.ratelimit.latency")
                                .functionTimer()
                                .count())
                        .isEqualTo(13);
            }
        }
    }

    @Test
    void probe_ofALimiterAloneOnPurpose_isUp() throws Exception {
        try (RateLimiter limiter = builder().build()) {
            Reading reading = limiter.healthProbe().check();
            assertThat(reading.status()).isEqualTo(Status.UP);
            assertThat(reading.facts()).containsEntry("mode", "local").containsEntry("nodes", 1);
        }
    }

    @Test
    void everyMetric_isOnItsPage_andNothingElse() throws Exception {
        try (RateLimiter limiter = builder().build()) {
            limiter.metrics().bindTo(registry);
            Set<String> registered = registry.getMeters().stream()
                    .map(LimiterMetricsTest::row)
                    .collect(Collectors.toCollection(TreeSet::new));
            String page = Files.readString(Path.of("../docs/metrics.md"));
            Set<String> listed = page.lines()
                    .filter(line -> line.startsWith("| `holdfast.ratelimit."))
                    .map(line -> line.replaceFirst("^(\\| \\S+ \\| \\S+ \\| [a-z, ]+) \\|.*$", "$1"))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(listed).isEqualTo(registered);
        }
    }

    private static String row(Meter meter) {
        String type = meter.getId().getType().name().toLowerCase(java.util.Locale.ROOT);
        String tags = meter.getId().getTags().stream().map(Tag::getKey).sorted().collect(Collectors.joining(", "));
        return "| `" + meter.getId().getName() + "` | " + type + " | " + tags;
    }
}
