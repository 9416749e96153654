package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimitHeadersTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_001L), ZoneOffset.UTC);
    private static final RateLimitHeaders.Format FORMAT =
            RateLimitHeaders.format().clock(CLOCK);

    private static ActivePlan plan(Limit... limits) {
        return new ActivePlan("p", Plan.of(limits), "t:");
    }

    /** A decision about a subject that has used some permits of a fresh plan. */
    private static Decision after(ActivePlan plan, long used, long cost) {
        long[] state = new long[plan.terms().size()];
        state[0] = 1_000_000;
        plan.terms().charge(state, used);
        long granted = plan.terms().take(state, cost, 1, 0);
        long wait = granted > 0 ? 0 : plan.terms().waitMicros(state, cost);
        return new Decision(Decision.Source.REDIS, plan, plan.terms(), cost, granted * cost, false, 0, wait, state, 0);
    }

    @Test
    void allowed_tellsWhereTheSubjectStands_inTheOrderOfSending() {
        RateLimitHeaders headers = FORMAT.of(after(plan(Limit.perMinute(100).named("burst")), 49, 1));

        assertThat(headers.status()).isEqualTo(200);
        assertThat(headers.asMap())
                .containsExactly(
                        entry("X-RateLimit-Limit", "100"),
                        entry("X-RateLimit-Remaining", "50"),
                        entry("X-RateLimit-Reset", "1700000031"),
                        entry("RateLimit-Policy", "\"burst\";q=100;w=60"),
                        entry("RateLimit", "\"burst\";r=50;t=30"));
    }

    @Test
    void refused_saysWhenToRetry_roundedUp() {
        // Empty; a permit comes back every 0.6 s.
        RateLimitHeaders headers =
                FORMAT.resetInSeconds().of(after(plan(Limit.perMinute(100).named("m")), 100, 2));

        assertThat(headers.status()).isEqualTo(429);
        assertThat(headers.asMap())
                .containsExactly(
                        entry("X-RateLimit-Limit", "100"),
                        entry("X-RateLimit-Remaining", "0"),
                        entry("X-RateLimit-Reset", "2"),
                        entry("RateLimit-Policy", "\"m\";q=100;w=60"),
                        entry("RateLimit", "\"m\";r=0;t=2"),
                        entry("Retry-After", "2"));
    }

    @Test
    void retryAfter_isNeverEarly_forAnyUse() {
        ActivePlan plan =
                plan(Limit.perSecond(3).burst(7), Limit.perHour(999_983).burst(100));
        for (long used = 7; used < 60; used++) {
            Decision decision = after(plan, used, 1);
            Duration exact = decision.retryAfter().orElseThrow();
            long told = Long.parseLong(RateLimitHeaders.of(decision).asMap().get("Retry-After"));
            assertThat(Duration.ofSeconds(told)).isGreaterThanOrEqualTo(exact);
            assertThat(Duration.ofSeconds(told - 1)).isLessThan(exact);
        }
    }

    @Test
    void severalLimits_areToldEach_andTheTightestOneInTheOldFields() {
        Decision decision = after(
                plan(
                        Limit.perMinute(100).burst(20).named("short"),
                        Limit.perDay(1_000).named("day")),
                15,
                1);

        Map<String, String> headers = FORMAT.of(decision).asMap();

        assertThat(headers)
                .containsEntry("X-RateLimit-Limit", "20")
                .containsEntry("X-RateLimit-Remaining", "4")
                .containsEntry("RateLimit-Policy", "\"short\";q=20;w=12, \"day\";q=1000;w=86400")
                .containsEntry("RateLimit", "\"short\";r=4;t=10, \"day\";r=984;t=1383");
    }

    @Test
    void refusedByOneOfTwo_tellsRetryAfterAtThatOne() {
        Decision decision = after(
                plan(
                        Limit.perMinute(100).burst(20).named("short"),
                        Limit.perDay(1_000).named("day")),
                20,
                1);

        assertThat(FORMAT.of(decision).asMap())
                .containsEntry("Retry-After", "1")
                .containsEntry("RateLimit", "\"short\";r=0;t=1, \"day\";r=980;t=1728");
    }

    @Test
    void slidingWindow_hasItsWindow() {
        Decision decision =
                after(plan(Limit.slidingWindow(5, Duration.ofMinutes(15)).named("login")), 0, 1);

        assertThat(FORMAT.of(decision).asMap()).containsEntry("RateLimit-Policy", "\"login\";q=5;w=900");
    }

    @Test
    void aPeriodBelowASecond_isToldAsAWholeOne() {
        Decision decision = after(plan(Limit.of(5, Duration.ofMillis(100)).named("fast")), 0, 1);

        assertThat(FORMAT.of(decision).asMap()).containsEntry("RateLimit-Policy", "\"fast\";q=5;w=1");
    }

    @Test
    void numbersBeyondStructuredFields_areCut() {
        Decision decision = after(
                plan(Limit.of(5_000_000_000_000_000L, Duration.ofNanos(1_000)).named("huge")), 0, 1);

        assertThat(FORMAT.of(decision).asMap().get("RateLimit")).isEqualTo("\"huge\";r=999999999999999;t=1");
    }

    @Test
    void jitter_onlyLengthens_andSpreads() {
        Decision decision = after(plan(Limit.perMinute(100)), 100, 1);
        RateLimitHeaders.Format format = RateLimitHeaders.format().jitter(Duration.ofSeconds(9));

        Set<Integer> told = IntStream.range(0, 1_000)
                .mapToObj(i -> Integer.valueOf(format.of(decision).asMap().get("Retry-After")))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(told)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 10).boxed().toList());
    }

    @Test
    void blocked_hasNothingLeft_untilTheBlockEnds() {
        ActivePlan plan = plan(Limit.perMinute(100).named("m"));
        long[] state = new long[plan.terms().size()];
        Decision blocked =
                new Decision(Decision.Source.PENALTY, plan, plan.terms(), 1, 0, false, 0, 59_000_001, state, 0);

        assertThat(FORMAT.resetInSeconds().of(blocked).asMap())
                .containsEntry("X-RateLimit-Remaining", "0")
                .containsEntry("X-RateLimit-Reset", "60")
                .containsEntry("RateLimit", "\"m\";r=0;t=60")
                .containsEntry("Retry-After", "60");
    }

    @Test
    void whatIsNotKnown_isNotTold() {
        ActivePlan plan = plan(Limit.perSecond(1));
        Decision skipped = Decision.bare(Decision.Source.SKIPPED, null, 1, 1, 0);
        Decision open = Decision.bare(Decision.Source.FALLBACK, plan, 1, 1, 0);
        Decision closed = Decision.bare(Decision.Source.FALLBACK, plan, 1, 0, 1_000_000);
        Decision never = Decision.bare(Decision.Source.NEVER, plan, 5, 0, Algorithm.NEVER);

        assertThat(List.of(skipped, open)).allSatisfy(decision -> {
            assertThat(RateLimitHeaders.of(decision).asMap()).isEmpty();
            assertThat(RateLimitHeaders.of(decision).status()).isEqualTo(200);
        });
        assertThat(RateLimitHeaders.of(closed).status()).isEqualTo(503);
        assertThat(RateLimitHeaders.of(closed).asMap()).containsExactly(entry("Retry-After", "1"));
        assertThat(RateLimitHeaders.of(never).status()).isEqualTo(429);
        assertThat(RateLimitHeaders.of(never).asMap()).isEmpty();
    }

    @Test
    void shadowed_isToldAsAllowed() {
        Decision decision = after(plan(Limit.perMinute(100)), 100, 1).inShadow();

        RateLimitHeaders headers = RateLimitHeaders.of(decision);

        assertThat(headers.status()).isEqualTo(200);
        assertThat(headers.asMap()).doesNotContainKey("Retry-After");
    }

    @Test
    void families_canBeLeftOut() {
        Decision decision = after(plan(Limit.perMinute(100)), 0, 1);

        assertThat(FORMAT.withoutLegacy().of(decision).asMap()).containsOnlyKeys("RateLimit-Policy", "RateLimit");
        assertThat(FORMAT.withoutIetf().of(decision).asMap())
                .containsOnlyKeys("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset");
    }

    @Test
    void jitter_outOfRange_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitHeaders.format().jitter(Duration.ofSeconds(-1)))
                .withMessage("jitter PT-1S is out of 0..1 day: give a few seconds, such as Duration.ofSeconds(3)");
    }
}
