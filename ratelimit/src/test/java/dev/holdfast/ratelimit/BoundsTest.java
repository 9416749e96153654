package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Nothing grows beyond its bound, whoever asks. */
class BoundsTest {
    private static FleetLimiter alone(int subjects, Fallback fallback, RedisLink link) {
        return (FleetLimiter) RateLimiter.builder("b")
                .redis(link)
                .fallback(fallback)
                .maximumLocalSubjects(subjects)
                .plan("p", Plan.of(Limit.perMinute(100), Limit.perHour(1_000)))
                .build();
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** A link to nowhere: every check falls back at once. */
    private static void flood(int subjects) {
        try (RedisLink link = RedisLink.builder("redis://127.0.0.1:1")
                        .serverCheck(false)
                        .connect();
                FleetLimiter limiter = alone(50_000, Fallback.share(), link)) {
            long before = heap();
            int admitted = 0;
            for (int i = 0; i < subjects; i++) {
                admitted += limiter.tryAcquire(Subject.user("user-" + i), "p").allowed() ? 1 : 0;
            }
            assertThat(admitted).as("everybody is new").isEqualTo(subjects);
            long held = heap() - before;
            System.out.println(subjects + " subjects in fallback mode: " + held / 1_024 + " KiB held");
            assertThat(held).isLessThan(50_000 * 600L);
            assertThat(limiter.memory().capacity()).isLessThanOrEqualTo(50_000);
        }
    }

    @Test
    void aMillionSubjects_inFallbackMode_holdNoMoreThanConfigured() {
        flood(1_000_000);
    }

    @Test
    void subjectsInUse_areKeptBeforeThoseAtRest() {
        FleetLimiter limiter = alone(800, Fallback.share(), RedisLink.disabled());
        Subject busy = Subject.user("busy");
        for (int i = 0; i < 100; i++) {
            assertThat(limiter.tryAcquire(busy, "p").allowed()).isTrue();
        }
        for (int i = 0; i < 100_000; i++) {
            limiter.tryAcquire(Subject.user("passer-by-" + i), "p");
        }
        assertThat(limiter.tryAcquire(busy, "p", 50).allowed())
                .as("its counter is worth more than theirs")
                .isFalse();
    }

    @Test
    void table_isFullAtItsCapacityAndGivesUpTheLeastWorth() {
        Table<Item> table = new Table<>(64);
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < 1_000; i++) {
            int worth = i;
            table.get(Subject.user("s" + i), "x", 0, (subject, scope) -> {
                made.incrementAndGet();
                return new Item(subject, scope, worth);
            });
        }
        AtomicInteger kept = new AtomicInteger();
        table.forEach(item -> {
            kept.incrementAndGet();
            assertThat(item.worth).isGreaterThan(700);
        });
        assertThat(made).hasValue(1_000);
        assertThat(kept).hasValue(64);
        assertThat(table.get(Subject.user("s999"), "x")).isNotNull();
        assertThat(table.get(Subject.user("s999"), "y")).isNull();
        table.remove(Subject.user("s999"), "x");
        assertThat(table.get(Subject.user("s999"), "x")).isNull();
    }

    private static final class Item extends Table.Entry {
        final int worth;

        Item(Subject subject, String scope, int worth) {
            super(subject, scope);
            this.worth = worth;
        }

        @Override
        long worth(long now) {
            return worth;
        }
    }

    @Test
    void local_limiterCountsLikeTheFleet() {
        ManualTicker ticker = new ManualTicker();
        try (RateLimiter limiter = RateLimiter.builder("l")
                .redis(RedisLink.disabled())
                .plan("p", Plan.of(Limit.perMinute(60).burst(10)))
                .ticker(ticker)
                .build()) {
            Subject subject = Subject.address("10.0.0.1");
            for (int i = 9; i >= 0; i--) {
                Decision decision = limiter.tryAcquire(subject, "p");
                assertThat(decision.source()).isEqualTo(Decision.Source.LOCAL);
                assertThat(decision.remaining()).isEqualTo(i);
            }
            Decision refused = limiter.tryAcquire(subject, "p", 3);
            assertThat(refused.retryAfter()).contains(Duration.ofSeconds(3));
            assertThat(limiter.peek(subject, "p").retryAfter()).contains(Duration.ofSeconds(1));
            ticker.advance(Duration.ofSeconds(3).minusNanos(1_000));
            assertThat(limiter.tryAcquire(subject, "p", 3).allowed()).isFalse();
            ticker.advance(Duration.ofNanos(1_000));
            assertThat(limiter.tryAcquire(subject, "p", 3).allowed()).isTrue();
            assertThat(limiter.refund(subject, "p", 2)).isTrue();
            assertThat(limiter.tryAcquireUpTo(subject, "p", 5).permits()).isEqualTo(2);
            assertThat(limiter.reserve(subject, "p", 1, Duration.ofSeconds(5)).delay())
                    .isEqualTo(Duration.ofSeconds(1));
            assertThat(limiter.tryAcquireAsync(subject, "p", 1).join().allowed())
                    .isFalse();
            assertThat(limiter.reset(subject, "p")).isTrue();
            assertThat(limiter.tryAcquire(subject, "p", 10).allowed()).isTrue();
        }
    }

    @Test
    void share_withoutBurst_beginsEmpty() {
        try (RedisLink link = RedisLink.builder("redis://127.0.0.1:1")
                        .serverCheck(false)
                        .connect();
                FleetLimiter limiter = alone(100, Fallback.share().withoutBurst(), link)) {
            Decision decision = limiter.tryAcquire(Subject.user("x"), "p");
            assertThat(decision.allowed()).isFalse();
            assertThat(decision.source()).isEqualTo(Decision.Source.FALLBACK);
            assertThat(decision.retryAfter().orElseThrow()).isLessThanOrEqualTo(Duration.ofMillis(3_600));
        }
    }

    @Test
    void share_ofNodesExpected_isTheirPartOfEachLimit() {
        try (RedisLink link = RedisLink.builder("redis://127.0.0.1:1")
                        .serverCheck(false)
                        .connect();
                FleetLimiter limiter = alone(100, Fallback.share().minimumNodes(7), link)) {
            int admitted = 0;
            for (int i = 0; i < 100; i++) {
                admitted += limiter.tryAcquire(Subject.user("x"), "p").allowed() ? 1 : 0;
            }
            assertThat(admitted).as("of 100").isEqualTo(14);
            Decision large = limiter.tryAcquire(Subject.user("y"), "p", 50);
            assertThat(large.allowed()).isFalse();
            assertThat(large.never()).as("Redis would have to be asked").isFalse();
        }
    }
}
