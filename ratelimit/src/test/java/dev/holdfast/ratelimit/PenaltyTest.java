package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blocks of a fleet, on a real Redis. */
class PenaltyTest {
    private static final Subject BOT = Subject.user("bot");
    private static final String BLOCK = "hf:rl:t:minute:block:{u:bot}";

    private static RedisServer redis;
    private static RedisLink link;
    private final List<RateLimiter> nodes = new ArrayList<>();

    @BeforeAll
    static void start() {
        redis = RedisServers.standalone();
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(30))).isTrue();
    }

    @AfterAll
    static void stop() {
        link.close();
        redis.close();
    }

    @BeforeEach
    void flush() {
        redis.command("FLUSHALL");
    }

    @AfterEach
    void everyKeyEnds() {
        nodes.forEach(RateLimiter::close);
        Keys.assertAllEnd(redis);
    }

    private RateLimiter node() {
        return node(link, Duration.ofSeconds(5));
    }

    private RateLimiter node(RedisLink way, Duration timeout) {
        RateLimiter limiter = RateLimiter.builder("t")
                .redis(way)
                .timeout(timeout)
                .plan("minute", Plan.of(Limit.perSecond(5)).penalty(Penalty.fixed(Duration.ofMinutes(1))))
                .plan(
                        "third",
                        Plan.of(Limit.perHour(2))
                                .penalty(Penalty.fixed(Duration.ofMinutes(1)).afterRefusals(3)))
                .plan(
                        "growing",
                        Plan.of(Limit.perHour(1))
                                .penalty(new Penalty(
                                        Duration.ofMillis(100), Duration.ofMillis(350), 1, Duration.ofHours(1))))
                .plan(
                        "shadow",
                        Plan.of(Limit.perHour(1))
                                .penalty(Penalty.fixed(Duration.ofMinutes(1)))
                                .shadow())
                .plan("none", Plan.of(Limit.perHour(5)))
                .build();
        nodes.add(limiter);
        return limiter;
    }

    private static Decision askUntilRefused(RateLimiter limiter, String plan) {
        Decision decision = limiter.tryAcquire(BOT, plan);
        for (int i = 0; i < 1_000 && decision.allowed(); i++) {
            decision = limiter.tryAcquire(BOT, plan);
        }
        return decision;
    }

    /** How many keys scripts have read. */
    private static long reads() {
        Matcher matcher = Pattern.compile("cmdstat_get:calls=(\\d+)")
                .matcher(redis.command("INFO", "commandstats").text());
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    @Test
    void theFirstRefusal_blocksTheSubject_onEveryNode() {
        RateLimiter here = node();
        RateLimiter there = node();

        Decision refused = askUntilRefused(here, "minute");
        Decision elsewhere = there.tryAcquire(BOT, "minute");

        assertThat(refused.source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(refused.retryAfter().orElseThrow()).isEqualTo(Duration.ofMinutes(1));
        assertThat(elsewhere.allowed()).isFalse();
        assertThat(elsewhere.source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(elsewhere.retryAfter().orElseThrow()).isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
        assertThat(there.tryAcquire(Subject.user("else"), "minute").allowed()).isTrue();
        assertThat(redis.command("PTTL", BLOCK).number()).isBetween(30_000L, 60_001L);
    }

    @Test
    void aBlockInForce_isRememberedByTheNode_andCostsNoCall() {
        RateLimiter limiter = node();
        askUntilRefused(limiter, "minute");
        long before = reads();

        List<Decision> decisions = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            decisions.add(limiter.tryAcquire(BOT, "minute", 1 + i % 5));
        }

        // What is remembered ends after a second, which on a busy machine may pass: two reads a call.
        assertThat(reads() - before).isLessThanOrEqualTo(20);
        assertThat(decisions).allSatisfy(decision -> {
            assertThat(decision.allowed()).isFalse();
            assertThat(decision.source()).isEqualTo(Decision.Source.PENALTY);
        });
    }

    /** How often the next block will have been doubled. */
    private static long doublings() {
        return redis.command(
                        "EVAL",
                        "return ({struct.unpack('<I7B', redis.call('GET', KEYS[1]))})[2]",
                        "1",
                        "hf:rl:t:growing:block:{u:bot}")
                .number();
    }

    @Test
    void blocks_growAndEnd_andTheNextRefusalIsANewOne() {
        RateLimiter limiter = node();
        assertThat(limiter.tryAcquire(BOT, "growing").allowed()).isTrue();
        for (int expected : new int[] {1, 2, 2}) {
            Decision refused = limiter.tryAcquire(BOT, "growing");
            assertThat(refused.source()).isEqualTo(Decision.Source.PENALTY);
            assertThat(refused.retryAfter().orElseThrow())
                    .as("what the limit itself needs is longer")
                    .isGreaterThan(Duration.ofMinutes(50));
            assertThat(doublings()).isEqualTo(expected);
            await().until(() -> limiter.peek(BOT, "growing").source() == Decision.Source.REDIS);
        }
    }

    @Test
    void afterABlock_aSubjectWithPermits_isAdmittedAtOnce() throws InterruptedException {
        RateLimiter limiter = node();
        limiter.plans()
                .put("brief", Plan.of(Limit.perSecond(20).burst(2)).penalty(Penalty.fixed(Duration.ofMillis(150))));
        Decision refused = askUntilRefused(limiter, "brief");
        assertThat(refused.retryAfter()).contains(Duration.ofMillis(150));

        TimeUnit.NANOSECONDS.sleep(refused.retryAfter().orElseThrow().toNanos());

        assertThat(limiter.tryAcquire(BOT, "brief").allowed()).isTrue();
    }

    @Test
    void refusalsBeforeTheBlock_areAllCounted_byWhateverNode() {
        RateLimiter here = node();
        RateLimiter there = node();
        assertThat(here.tryAcquire(BOT, "third", 2).allowed()).isTrue();

        assertThat(here.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.REDIS);
        assertThat(there.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.REDIS);
        assertThat(here.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(there.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.PENALTY);
    }

    @Test
    void refusalsOfMergedChecks_areAllCounted() {
        RateLimiter limiter = node();
        List<CompletableFuture<Decision>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(limiter.tryAcquireAsync(BOT, "third", 1));
        }
        long allowed =
                answers.stream().filter(answer -> answer.join().allowed()).count();
        assertThat(allowed).isEqualTo(2);
        assertThat(limiter.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.PENALTY);
    }

    @Test
    void aPartialGrant_isNoRefusal() {
        RateLimiter limiter = node();
        assertThat(limiter.tryAcquireUpTo(BOT, "minute", 9).permits()).isEqualTo(5);
        assertThat(redis.command("EXISTS", BLOCK).number()).isZero();
        assertThat(limiter.peek(BOT, "minute").source()).isEqualTo(Decision.Source.REDIS);
    }

    @Test
    void peek_seesABlock_andWritesNothing() {
        RateLimiter limiter = node();
        askUntilRefused(limiter, "minute");
        String before = redis.command("GET", BLOCK).toString();

        Decision seen = limiter.peek(BOT, "minute");

        assertThat(seen.allowed()).isFalse();
        assertThat(seen.source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(redis.command("GET", BLOCK).toString()).isEqualTo(before);
    }

    @Test
    void reset_liftsTheBlock() {
        RateLimiter limiter = node();
        askUntilRefused(limiter, "minute");

        assertThat(limiter.reset(BOT, "minute")).isTrue();

        assertThat(limiter.tryAcquire(BOT, "minute").allowed()).isTrue();
        assertThat(redis.command("EXISTS", BLOCK).number()).isZero();
    }

    @Test
    void aBlockedTenant_refusesItsUsers_andPunishesNobodyElse() {
        RateLimiter limiter = node();
        Subject tenant = Subject.tenant("acme");
        Subject user = BOT.within("acme");
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire(tenant, "third");
        }
        limiter.tryAcquire(tenant, "third");
        limiter.tryAcquire(tenant, "third");
        assertThat(limiter.tryAcquire(tenant, "third").source()).isEqualTo(Decision.Source.PENALTY);

        List<Decision> both = limiter.tryAcquireAll(List.of(new Ask(user, "minute", 1), new Ask(tenant, "third", 1)));

        assertThat(both).extracting(Decision::allowed).containsExactly(false, false);
        assertThat(both).extracting(Decision::source).containsExactly(Decision.Source.REDIS, Decision.Source.PENALTY);
        assertThat(both)
                .allSatisfy(decision ->
                        assertThat(decision.retryAfter().orElseThrow()).isGreaterThan(Duration.ofSeconds(30)));
        assertThat(limiter.tryAcquire(user, "minute", 5).allowed())
                .as("nothing was taken")
                .isTrue();
    }

    @Test
    void plansWithoutPenalty_makeNoKeyMore() {
        RateLimiter limiter = node();
        askUntilRefused(limiter, "none");
        assertThat(redis.command("KEYS", "hf:rl:t:none*").list()).hasSize(1);
    }

    @Test
    void aBlock_takesFewBytes() {
        askUntilRefused(node(), "minute");
        assertThat(redis.command("MEMORY", "USAGE", BLOCK).number()).isLessThanOrEqualTo(120);
    }

    @Test
    void shadow_countsAndReports_butRefusesNobody() {
        FleetLimiter limiter = (FleetLimiter) node();
        List<Decision> decisions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            decisions.add(limiter.tryAcquire(BOT, "shadow"));
        }
        assertThat(decisions).extracting(Decision::allowed).containsOnly(true);
        assertThat(decisions).extracting(Decision::shadowed).containsExactly(false, true, true, true);
        assertThat(limiter.tally().count(Decision.Source.PENALTY, false)).isEqualTo(3);
        assertThat(limiter.mostRefused(1)).extracting(RefusedSubject::refusals).containsExactly(3L);
    }

    @Test
    void aloneOnPurpose_blocksTheSame() {
        RateLimiter limiter = node(RedisLink.disabled(), Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(BOT, "third", 2).allowed()).isTrue();
        assertThat(limiter.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.LOCAL);
        assertThat(limiter.tryAcquire(BOT, "third").source()).isEqualTo(Decision.Source.LOCAL);
        Decision blocked = limiter.tryAcquire(BOT, "third");
        assertThat(blocked.source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(limiter.reset(BOT, "third")).isTrue();
        assertThat(limiter.tryAcquire(BOT, "third").allowed()).isTrue();
    }

    @Test
    void whileRedisIsAway_aBlockItHadTold_holds_andOthersBegin() {
        try (FaultProxy proxy = FaultProxy.to(redis);
                RedisLink way = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                        .serverCheck(false)
                        .connect()) {
            assertThat(way.awaitUp(Duration.ofSeconds(30))).isTrue();
            RateLimiter limiter = node(way, Duration.ofSeconds(2));
            askUntilRefused(limiter, "minute");

            proxy.close();
            Subject other = Subject.user("other");
            Decision decision = limiter.tryAcquire(other, "minute");
            for (int i = 0; i < 1_000 && decision.allowed(); i++) {
                decision = limiter.tryAcquire(other, "minute");
            }

            assertThat(decision.source()).isEqualTo(Decision.Source.PENALTY);
            assertThat(decision.retryAfter()).contains(Duration.ofMinutes(1));
            Decision held = limiter.tryAcquire(BOT, "minute");
            assertThat(held.source()).isEqualTo(Decision.Source.PENALTY);
            assertThat(held.retryAfter().orElseThrow()).isLessThan(Duration.ofMinutes(1));
        }
    }

    @Test
    void badPenalties_areRefusedWhereTheyAreMade() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Penalty.fixed(Duration.ZERO))
                .withMessage("first PT0S is not between 1 ms and 31 days: give something like Duration.ofMinutes(1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Penalty.escalating(Duration.ofMinutes(2), Duration.ofMinutes(1)))
                .withMessage("longest PT1M < first PT2M: raise longest, or lower first");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Penalty.fixed(Duration.ofDays(32)))
                .withMessageContaining("31 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Penalty.fixed(Duration.ofMinutes(1)).afterRefusals(0))
                .withMessage("afterRefusals 0 < 1: give at least 1");
    }
}
