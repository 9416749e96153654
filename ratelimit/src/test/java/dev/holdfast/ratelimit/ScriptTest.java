package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What stands in a key, for how long, and what it takes. */
class ScriptTest {
    private static final String KEY = "hf:rl:api:{u:1234}";

    private static RedisServer redis;
    private static RedisLink link;

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
    }

    private static long take(Plan plan, long cost, long count) {
        byte[] reply = link.call(
                Duration.ofSeconds(30),
                commands -> CheckScript.run(
                        commands,
                        KEY.getBytes(StandardCharsets.US_ASCII),
                        CheckScript.head(CheckScript.TAKE, cost, count, 0),
                        plan.terms().encoded()));
        return Algorithm.get7(CheckScript.reply(Objects.requireNonNull(reply)));
    }

    private static long bytes() {
        return redis.command("MEMORY", "USAGE", KEY).number();
    }

    @Test
    void memory_perSubject_staysWithinItsBounds() {
        assertThat(KEY).hasSize(18);
        take(Plan.of(Limit.perHour(999_983)), 1, 1);
        long one = bytes();
        redis.command("FLUSHALL");
        take(Plan.of(Limit.perHour(999_983), Limit.perMinute(100), Limit.perSecond(10)), 1, 1);
        long three = bytes();
        redis.command("FLUSHALL");
        Plan window = Plan.of(Limit.slidingWindow(1_000_000, Duration.ofMillis(20)));
        for (int i = 0; i < 40; i++) {
            take(window, 1, 1);
        }
        long sliding = bytes();
        System.out.println(
                "bytes per subject, Redis " + redis.info("redis_version").orElse("?") + ": one limit " + one
                        + ", three " + three + ", a window " + sliding);
        assertThat(one).isLessThanOrEqualTo(100);
        assertThat(three).isLessThanOrEqualTo(140);
        assertThat(sliding).isLessThanOrEqualTo(180);
    }

    @Test
    void timeToLive_isTheTimeToFull_neverLess() {
        Plan plan = Plan.of(Limit.of(1_000, Duration.ofSeconds(100)), Limit.perHour(100_000));
        take(plan, 250, 1);
        long life = redis.command("PTTL", KEY).number();
        assertThat(life).isBetween(24_000L, 25_001L);
    }

    @Test
    void key_livesUntilFull_andIsGoneThen() throws Exception {
        Plan plan = Plan.of(Limit.of(100, Duration.ofMillis(200)));
        long start = System.nanoTime();
        assertThat(take(plan, 1, 1_000)).isGreaterThanOrEqualTo(100);
        long life = redis.command("PTTL", KEY).number();
        assertThat(life).isPositive().isLessThanOrEqualTo(202);
        TimeUnit.MILLISECONDS.sleep(life + 2);
        assertThat(redis.command("EXISTS", KEY).number()).isZero();
        long granted = take(plan, 1, 1_000);
        assertThat(granted).as("what came back meanwhile, not a grant more").isEqualTo(100);
        assertThat(System.nanoTime() - start).isGreaterThan(200_000_000L);
    }

    @Test
    void idlePastTheTimeToLive_atAHighRateWithAnAlmostFullBucket_grantsItsRateOnly() {
        // Seen elsewhere: a life of whole seconds rounded down to none, so that every request found a full bucket.
        Plan plan = Plan.of(Limit.perSecond(10).burst(1));
        long start = System.nanoTime();
        int granted = 0;
        while (System.nanoTime() - start < 500_000_000L) {
            granted += (int) take(plan, 1, 1);
        }
        long elapsedMicros = (System.nanoTime() - start) / 1_000;
        assertThat((long) granted).isBetween(4L, 1 + elapsedMicros / 100_000);
    }

    @Test
    void scriptUnknownToTheServer_isLoadedOnTheWay() {
        Plan plan = Plan.of(Limit.perHour(100));
        take(plan, 1, 1);
        redis.command("SCRIPT", "FLUSH");
        take(plan, 1, 1);
        assertThat(take(plan, 1, 100)).as("one charge each").isEqualTo(98);
    }

    @Test
    void versionsOfAPlanInTurns_keepWhatWasUsedOfEachLimit() {
        Plan one = Plan.of(Limit.perHour(100));
        Plan two = Plan.of(Limit.perDay(150), Limit.perHour(200));
        long[] granted = new long[2];
        for (int i = 0; i < 600; i++) {
            granted[i % 2] += take(i % 2 == 0 ? one : two, 1, 1);
        }
        assertThat(granted[1])
                .as("its day, which only the second version knows")
                .isEqualTo(150);
        assertThat(granted[0] + granted[1]).as("the hour of the larger version").isLessThanOrEqualTo(200);
        assertThat(granted[0])
                .as("the hour of the smaller version, used by both")
                .isLessThanOrEqualTo(51);
        assertThat(take(two, 1, 1_000)).isZero();
        assertThat(take(one, 1, 1_000)).isZero();
        Plan three = Plan.of(Limit.perMinute(5));
        assertThat(take(three, 1, 100)).isEqualTo(5);
        assertThat(take(two, 1, 1_000))
                .as("a version in between forgets nothing")
                .isZero();
        assertThat(redis.command("PTTL", KEY).number()).isGreaterThan(3_500_000);
    }

    @Test
    void shrunkAndGrown_doesNotRefill() {
        assertThat(take(Plan.of(Limit.perHour(100)), 90, 1)).isEqualTo(1);
        assertThat(take(Plan.of(Limit.perHour(10)), 1, 1)).isZero();
        assertThat(take(Plan.of(Limit.perHour(200)), 1, 1_000)).isEqualTo(110);
    }

    @Test
    void aForeignValue_isAnErrorAndNotAGrant() {
        redis.command("SET", KEY, "x");
        try {
            take(Plan.of(Limit.perHour(100)), 1, 1);
            assertThat(false).as("must not be taken for a state").isTrue();
        } catch (RuntimeException e) {
            assertThat(e).hasMessageContaining("too short");
        }
    }

    @Test
    void reply_isAsLongAsItsLimitsNeed() {
        Plan plan = Plan.of(Limit.perHour(100), Limit.perSecond(5));
        byte[] reply = link.call(
                Duration.ofSeconds(30),
                commands -> CheckScript.run(
                        commands,
                        KEY.getBytes(StandardCharsets.US_ASCII),
                        CheckScript.head(CheckScript.TAKE, 1, 1, 0),
                        plan.terms().encoded()));
        ByteBuffer in = CheckScript.reply(Objects.requireNonNull(reply));
        assertThat(in.remaining()).isEqualTo(35);
    }
}
