package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What cannot work is refused where it is set, all of it at once and with a remedy. */
class SettingsTest {
    @Test
    void limitsThatCannotWork_areAllNamedAtOnce() {
        assertThatThrownBy(() -> Plan.of(
                        Limit.perMinute(0),
                        Limit.perSecond(-5).named("neg"),
                        Limit.of(5, Duration.ZERO).named("zero"),
                        Limit.of(5, Duration.ofNanos(1)).named("nano"),
                        Limit.of(5, Duration.ofDays(32)).named("long"),
                        Limit.perDay(5).burst(0),
                        Limit.perHour(5).named("no spaces"),
                        Limit.slidingWindow(5, Duration.ofHours(2)).burst(7),
                        Limit.slidingWindow(5_000_000_000L, Duration.ofHours(3)),
                        Limit.perDay(999_983).named("product")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("10 problems")
                .hasMessageContaining("limit 'minute' '0'")
                .hasMessageContaining("limit 'neg' '-5'")
                .hasMessageContaining("limit 'zero' 'PT0S'")
                .hasMessageContaining("limit 'nano' 'PT0.000000001S'")
                .hasMessageContaining("31 days at most")
                .hasMessageContaining("limit 'day' '0'")
                .hasMessageContaining("'no spaces'")
                .hasMessageContaining("has no burst")
                .hasMessageContaining("a sliding window counts up to")
                .hasMessageContaining("beyond 2^53")
                .hasMessageContaining("round number");
    }

    @Test
    void limitsOfOneName_orNoneOrTooMany_areRefused() {
        assertThatThrownBy(() -> Plan.of(Limit.perMinute(5), Limit.perMinute(9)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("two limits have this name")
                .hasMessageContaining("named(");
        assertThatThrownBy(Plan::of).hasMessageContaining("1 to 16 limits");
        assertThatThrownBy(() -> Plan.of(java.util.stream.IntStream.range(0, 17)
                        .mapToObj(i -> Limit.perMinute(5).named("n" + i))
                        .toList()))
                .hasMessageContaining("1 to 16 limits");
    }

    @Test
    void builder_namesEveryProblemAtOnce() {
        assertThatThrownBy(() -> RateLimiter.builder("a b")
                        .keyPrefix("{x}")
                        .timeout(Duration.ZERO)
                        .heartbeat(Duration.ofDays(1))
                        .maximumLocalSubjects(0)
                        .denyCache(-1)
                        .plan("no way", Plan.of(Limit.perMinute(1)))
                        .route("/x", "gold")
                        .otherwise("free")
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("10 problems")
                .hasMessageContaining("RedisLink.disabled()")
                .hasMessageContaining("route '/x' 'gold'");
    }

    @Test
    void valuesThatCannotWork_areRefusedOnTheSpot() {
        assertThatThrownBy(() -> Plan.of(Limit.perMinute(1)).lease(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Plan.of(Limit.perMinute(1)).scope("a:b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Fallback.share().minimumNodes(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Penalty.escalating(Duration.ofHours(1), Duration.ofMinutes(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Ask(Subject.user("x"), "p", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Subject.user("")).hasMessageContaining("empty");
        assertThatThrownBy(() -> Subject.of("", null)).hasMessageContaining("neither user nor address");
        assertThatThrownBy(() -> Subject.user("x".repeat(8_193))).hasMessageContaining("8193");
    }

    @Test
    void subjects_haveNamesOfTheirOwn() {
        assertThat(Subject.of("7", "10.0.0.1")).isEqualTo(Subject.user("7"));
        assertThat(Subject.of(null, "10.0.0.1")).isEqualTo(Subject.address("10.0.0.1"));
        assertThat(Subject.user("x")).isNotEqualTo(Subject.address("x")).isNotEqualTo(Subject.named("x"));
        assertThat(Subject.user("x").within("t")).isNotEqualTo(Subject.user("x"));
        assertThat(text(Subject.user("a b{}%ü"))).isEqualTo("{u:a%20b%7B%7D%25%C3%BC}");
        assertThat(text(Subject.user("7").within("acme"))).isEqualTo("{t:acme}u:7");
        assertThat(text(Subject.tenant("acme"))).startsWith("{t:acme}");
        assertThat(text(Subject.user("x".repeat(127)))).hasSize(68).startsWith("{h:");
        assertThat(text(Subject.user("x".repeat(126)))).isEqualTo("{u:" + "x".repeat(126) + "}");
        assertThat(text(Subject.user("x".repeat(127)))).isNotEqualTo(text(Subject.user("x".repeat(128))));
        assertThat(text(Subject.user("\ud800"))).as("a lone surrogate").isNotEqualTo(text(Subject.user("?")));
    }

    private static String text(Subject subject) {
        return new String(subject.encoded(), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void plans_areFoundByRouteThenSubjectThenDefault_andChangeAtRunTime() {
        try (RateLimiter limiter = RateLimiter.builder("r")
                .redis(RedisLink.disabled())
                .plan("standard", Plan.of(Limit.perMinute(100)))
                .plan("login", Plan.of(Limit.of(5, Duration.ofMinutes(15))))
                .plan("heavy", Plan.of(Limit.perMinute(10)))
                .plan("pro", Plan.of(Limit.perMinute(500)))
                .route("POST /login", "login")
                .route("GET /reports*", "heavy")
                .route("GET /reports/tiny", "standard")
                .skip("GET /health*")
                .assign(subject -> subject.equals(Subject.user("rich")) ? "pro" : null)
                .otherwise("standard")
                .build()) {
            Subject poor = Subject.user("poor");
            Subject rich = Subject.user("rich");
            assertThat(limiter.check(poor, "POST /login").plan()).contains("login");
            assertThat(limiter.check(rich, "POST /login").plan()).contains("login");
            assertThat(limiter.check(rich, "GET /reports/big").plan()).contains("heavy");
            assertThat(limiter.check(rich, "GET /reports/tiny").plan()).contains("standard");
            assertThat(limiter.check(rich, "GET /").plan()).contains("pro");
            assertThat(limiter.checkAsync(poor, "GET /").join().plan()).contains("standard");
            Decision skipped = limiter.check(poor, "GET /health/live");
            assertThat(skipped.allowed()).isTrue();
            assertThat(skipped.source()).isEqualTo(Decision.Source.SKIPPED);
            assertThat(skipped.limits()).isEmpty();

            for (int i = 0; i < 4; i++) {
                assertThat(limiter.check(poor, "POST /login").allowed()).isTrue();
            }
            assertThat(limiter.check(poor, "POST /login").allowed()).isFalse();
            limiter.plans().put("login", Plan.of(Limit.of(6, Duration.ofMinutes(15))));
            assertThat(limiter.check(poor, "POST /login").allowed()).isTrue();
            assertThat(limiter.check(poor, "POST /login").allowed())
                    .as("what was used stays used")
                    .isFalse();
            limiter.plans().removeRoute("POST /login").remove("login");
            assertThat(limiter.check(poor, "POST /login").plan()).contains("standard");
            limiter.plans().remove("standard");
            assertThatThrownBy(() -> limiter.check(poor, "GET /"))
                    .isInstanceOf(HoldfastException.class)
                    .hasMessageContaining("no plan 'standard'");
        }
    }

    @Test
    void plansOfOneScope_shareWhatIsUsed() {
        try (RateLimiter limiter = RateLimiter.builder("r")
                .redis(RedisLink.disabled())
                .plan("free", Plan.of(Limit.perHour(10)).scope("tier"))
                .plan("pro", Plan.of(Limit.perHour(50)).scope("tier"))
                .build()) {
            Subject subject = Subject.user("mover");
            assertThat(limiter.tryAcquire(subject, "free", 10).allowed()).isTrue();
            assertThat(limiter.tryAcquire(subject, "pro").remaining()).isEqualTo(39);
            assertThat(limiter.tryAcquire(subject, "free").allowed()).isFalse();
        }
    }

    @Test
    void shadow_refusesNobodyAndTellsWhoWouldBe() {
        try (RateLimiter limiter = RateLimiter.builder("r")
                .redis(RedisLink.disabled())
                .plan("p", Plan.of(Limit.perHour(1)).shadow())
                .build()) {
            Subject subject = Subject.user("x");
            assertThat(limiter.tryAcquire(subject, "p").shadowed()).isFalse();
            Decision second = limiter.tryAcquire(subject, "p");
            assertThat(second.allowed()).isTrue();
            assertThat(second.shadowed()).isTrue();
            assertThat(second.delay()).isZero();
            assertThat(second.retryAfter().orElseThrow()).isPositive();
        }
    }
}
