package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each method of the limiter promises, on a real Redis. */
class LimiterTest {
    private static final Subject ALICE = Subject.user("alice");

    private static RedisServer redis;
    private static RedisLink link;
    private RateLimiter limiter;

    @BeforeAll
    static void start() {
        redis = RedisServers.standalone();
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
    }

    @AfterAll
    static void stop() {
        link.close();
        redis.close();
    }

    @BeforeEach
    void flush() {
        redis.command("FLUSHALL");
        limiter = RateLimiter.builder("t")
                .redis(link)
                .timeout(Duration.ofSeconds(30))
                .heartbeat(Duration.ofMinutes(1))
                .plan("slow", Plan.of(Limit.perHour(10)))
                .plan("two", Plan.of(Limit.perHour(100).burst(10), Limit.of(2, Duration.ofHours(2))))
                .plan("window", Plan.of(Limit.slidingWindow(5, Duration.ofMinutes(10))))
                .plan("brisk", Plan.of(Limit.of(1, Duration.ofMillis(100))))
                .build();
    }

    @AfterEach
    void everyKeyEnds() {
        limiter.close();
        Keys.assertAllEnd(redis);
    }

    @Test
    void tryAcquire_upToTheBurst_isAllowedAndThenRefusedWithoutTaking() {
        for (int i = 9; i >= 0; i--) {
            Decision decision = limiter.tryAcquire(ALICE, "slow");
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.remaining()).isEqualTo(i);
            assertThat(decision.source()).isEqualTo(Decision.Source.REDIS);
            assertThat(decision.retryAfter()).contains(Duration.ZERO);
        }
        Decision refused = limiter.tryAcquire(ALICE, "slow");
        assertThat(refused.allowed()).isFalse();
        assertThat(refused.retryAfter().orElseThrow()).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
        assertThat(refused.reset()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
        String before = redis.command("GET", "hf:rl:t:slow:{u:alice}").toString();
        assertThat(limiter.tryAcquire(ALICE, "slow", 3).allowed()).isFalse();
        assertThat(redis.command("GET", "hf:rl:t:slow:{u:alice}").toString()).isEqualTo(before);
    }

    @Test
    void tryAcquire_ofTwoLimits_chargesBothOrNone() {
        assertThat(limiter.tryAcquire(ALICE, "two").allowed()).isTrue();
        assertThat(limiter.tryAcquire(ALICE, "two").allowed()).isTrue();
        Decision refused = limiter.tryAcquire(ALICE, "two");
        assertThat(refused.allowed()).isFalse();
        assertThat(refused.binding().orElseThrow().limit().name()).isEqualTo("2h");
        assertThat(refused.limits()).extracting(LimitStatus::remaining).containsExactly(8L, 0L);
    }

    @Test
    void tryAcquire_beyondTheBurst_isNeverAndWritesNothing() {
        Decision never = limiter.tryAcquire(ALICE, "slow", 11);
        assertThat(never.never()).isTrue();
        assertThat(never.retryAfter()).isEmpty();
        assertThat(limiter.reserve(ALICE, "slow", 11, Duration.ofDays(1)).never())
                .isTrue();
        assertThat(redis.command("EXISTS", "hf:rl:t:slow:{u:alice}").number()).isZero();
        assertThat(limiter.peek(ALICE, "slow").remaining()).isEqualTo(10);
    }

    @Test
    void badInput_isRefusedAndChargesNothing() {
        assertThatThrownBy(() -> limiter.tryAcquire(ALICE, "slow", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.tryAcquireAsync(ALICE, "slow", -1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.refund(ALICE, "slow", -5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.tryAcquire(ALICE, "gold"))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("no plan 'gold'")
                .hasMessageContaining("slow");
        assertThat(redis.command("EXISTS", "hf:rl:t:slow:{u:alice}").number()).isZero();
    }

    @Test
    void tryAcquireUpTo_grantsWhatIsThere() {
        assertThat(limiter.tryAcquireUpTo(ALICE, "slow", 7).permits()).isEqualTo(7);
        assertThat(limiter.tryAcquireUpTo(ALICE, "slow", 7).permits()).isEqualTo(3);
        assertThat(limiter.tryAcquireUpTo(ALICE, "slow", 7).allowed()).isFalse();
    }

    @Test
    void refund_givesBackUpToTheBurst() {
        limiter.tryAcquire(ALICE, "slow", 10);
        assertThat(limiter.tryAcquire(ALICE, "slow").allowed()).isFalse();
        assertThat(limiter.refund(ALICE, "slow", 4)).isTrue();
        assertThat(limiter.tryAcquire(ALICE, "slow", 4).allowed()).isTrue();
        assertThat(limiter.refund(ALICE, "slow", 100)).isTrue();
        assertThat(limiter.peek(ALICE, "slow").remaining()).isEqualTo(10);
        assertThat(redis.command("EXISTS", "hf:rl:t:slow:{u:alice}").number()).isZero();
    }

    @Test
    void reset_forgets() {
        limiter.tryAcquire(ALICE, "slow", 10);
        assertThat(limiter.tryAcquire(ALICE, "slow").allowed()).isFalse();
        assertThat(limiter.reset(ALICE, "slow")).isTrue();
        assertThat(limiter.tryAcquire(ALICE, "slow", 10).allowed()).isTrue();
    }

    @Test
    void peek_looksAndTakesNothing() {
        assertThat(limiter.peek(ALICE, "slow").allowed()).isTrue();
        assertThat(redis.command("EXISTS", "hf:rl:t:slow:{u:alice}").number()).isZero();
        limiter.tryAcquire(ALICE, "slow", 10);
        Decision empty = limiter.peek(ALICE, "slow");
        assertThat(empty.allowed()).isFalse();
        assertThat(empty.remaining()).isZero();
    }

    @Test
    void reserve_beyondWhatIsThere_tellsTheDelayAndKeepsOrder() {
        limiter.tryAcquire(ALICE, "slow", 10);
        Decision first = limiter.reserve(ALICE, "slow", 1, Duration.ofMinutes(20));
        Decision second = limiter.reserve(ALICE, "slow", 1, Duration.ofMinutes(20));
        Decision late = limiter.reserve(ALICE, "slow", 2, Duration.ofMinutes(20));
        assertThat(first.delay()).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
        assertThat(second.delay()).isBetween(Duration.ofMinutes(11), Duration.ofMinutes(12));
        assertThat(late.allowed()).isFalse();
        assertThat(late.retryAfter().orElseThrow()).isBetween(Duration.ofMinutes(23), Duration.ofMinutes(24));
        assertThat(limiter.refund(ALICE, "slow", 1)).isTrue();
        assertThat(limiter.reserve(ALICE, "slow", 1, Duration.ofMinutes(20)).delay())
                .isBetween(Duration.ofMinutes(11), Duration.ofMinutes(12));
    }

    @Test
    void acquire_waitsForItsTurnAndNoLonger() throws Exception {
        assertThat(limiter.acquire(ALICE, "brisk", 1, Duration.ZERO).allowed()).isTrue();
        long start = System.nanoTime();
        assertThat(limiter.acquire(ALICE, "brisk", 1, Duration.ofSeconds(1)).allowed())
                .isTrue();
        assertThat(limiter.acquire(ALICE, "brisk", 1, Duration.ofSeconds(1)).allowed())
                .isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(150));
        assertThat(limiter.acquire(ALICE, "brisk", 1, Duration.ofMillis(1)).allowed())
                .isFalse();
    }

    @Test
    void acquire_interrupted_givesBack() throws Exception {
        limiter.tryAcquire(ALICE, "slow", 10);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                limiter.acquire(ALICE, "slow", 1, Duration.ofMinutes(10));
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        });
        waiting.start();
        await().until(() -> waitOfOne().compareTo(Duration.ofMinutes(7)) > 0);
        waiting.interrupt();
        assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
        await().until(() -> waitOfOne().compareTo(Duration.ofMinutes(6)) <= 0);
    }

    private Duration waitOfOne() {
        return limiter.peek(ALICE, "slow").retryAfter().orElseThrow();
    }

    @Test
    void window_admitsItsLimitOnly() {
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.tryAcquire(ALICE, "window").allowed()).isTrue();
        }
        Decision refused = limiter.tryAcquire(ALICE, "window");
        assertThat(refused.allowed()).isFalse();
        assertThat(refused.retryAfter().orElseThrow()).isBetween(Duration.ofMinutes(10), Duration.ofMinutes(11));
    }

    @Test
    void tryAcquireAll_takesFromAllOrNone() {
        Ask user = Ask.of(ALICE.within("acme"), "slow");
        Ask tenant = new Ask(Subject.tenant("acme"), "two", 2);
        List<Decision> both = limiter.tryAcquireAll(List.of(user, tenant));
        assertThat(both).allMatch(Decision::allowed);
        assertThat(both.get(0).remaining()).isEqualTo(9);
        assertThat(both.get(1).remaining()).isZero();
        List<Decision> none = limiter.tryAcquireAll(List.of(user, tenant));
        assertThat(none).noneMatch(Decision::allowed);
        assertThat(none).allMatch(d -> d.retryAfter().orElseThrow().compareTo(Duration.ofMinutes(119)) > 0);
        assertThat(limiter.peek(ALICE.within("acme"), "slow").remaining()).isEqualTo(9);
        assertThatThrownBy(() -> limiter.tryAcquireAll(List.of(user, user)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.tryAcquireAll(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void checksAtOnce_ofOneSubject_areGrantedExactlyAsOften() {
        List<CompletableFuture<Decision>> checks = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            checks.add(limiter.tryAcquireAsync(ALICE, "slow", i % 3 == 0 ? 2 : 1));
        }
        long permits = checks.stream().mapToLong(c -> c.join().permits()).sum();
        assertThat(permits).isEqualTo(10);
        assertThat(limiter.peek(ALICE, "slow").remaining()).isZero();
    }

    @Test
    void checksAtOnce_seeWhatRemainsOneAfterTheOther() {
        List<CompletableFuture<Decision>> checks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            checks.add(limiter.tryAcquireAsync(ALICE, "slow", 1));
        }
        assertThat(checks.stream().map(c -> c.join().remaining()).toList())
                .containsExactlyInAnyOrder(9L, 8L, 7L, 6L, 5L, 4L, 3L, 2L, 1L, 0L);
    }

    @Test
    void refusedSubject_isAnsweredWithoutACallUntilItsWaitIsOver() throws Exception {
        assertThat(limiter.tryAcquire(ALICE, "brisk").allowed()).isTrue();
        Decision refused = limiter.tryAcquire(ALICE, "brisk");
        assertThat(refused.allowed()).isFalse();
        long calls = Keys.scriptCalls(redis);
        Decision cached = limiter.tryAcquire(ALICE, "brisk");
        assertThat(cached.source()).isEqualTo(Decision.Source.DENY_CACHE);
        assertThat(cached.retryAfter().orElseThrow())
                .isLessThanOrEqualTo(refused.retryAfter().orElseThrow())
                .isPositive();
        assertThat(cached.remaining()).isZero();
        assertThat(Keys.scriptCalls(redis)).isEqualTo(calls);
        TimeUnit.NANOSECONDS.sleep(cached.retryAfter().orElseThrow().toNanos());
        assertThat(limiter.tryAcquire(ALICE, "brisk").allowed()).isTrue();
    }

    @Test
    void planRaised_isNotHeldBackByTheDenyCache() {
        limiter.tryAcquire(ALICE, "slow", 10);
        assertThat(limiter.tryAcquire(ALICE, "slow").allowed()).isFalse();
        limiter.plans().put("slow", Plan.of(Limit.perHour(20)));
        Decision raised = limiter.tryAcquire(ALICE, "slow");
        assertThat(raised.allowed()).isTrue();
        assertThat(raised.remaining()).as("what was used stays used").isEqualTo(9);
    }

    @Test
    void leases_takeAheadAndNeverMoreThanTheLimit() {
        limiter.plans()
                .put("leased", Plan.of(Limit.of(100_000, Duration.ofHours(10))).lease(500));
        long calls = Keys.scriptCalls(redis);
        long granted = 0;
        long leased = 0;
        for (int i = 0; i < 100_500; i++) {
            Decision decision = limiter.tryAcquire(ALICE, "leased");
            granted += decision.permits();
            leased += decision.source() == Decision.Source.LEASE ? 1 : 0;
        }
        assertThat(granted).isBetween(99_500L, 100_010L);
        assertThat(leased).isGreaterThan(50_000);
        assertThat(Keys.scriptCalls(redis) - calls).isLessThan(50_000);
    }
}
