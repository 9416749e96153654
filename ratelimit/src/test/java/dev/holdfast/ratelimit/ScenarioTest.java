package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What other limiters test of themselves, asked of this one. */
class ScenarioTest {

    private static RateLimiter limiter(RedisLink link, Plan plan) {
        return RateLimiter.builder("s")
                .redis(link)
                .timeout(Duration.ofSeconds(30))
                .plan("p", plan)
                .build();
    }

    @Test
    void fourNodesRacingForASubjectNobodyKnows_takeEachPermitOnce() throws Exception {
        try (RedisServer redis = RedisServers.standalone()) {
            CyclicBarrier together = new CyclicBarrier(4);
            List<CompletableFuture<Long>> racers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                racers.add(CompletableFuture.supplyAsync(
                        () -> {
                            try (RedisLink link = RedisLink.connect(redis.uri());
                                    RateLimiter limiter = limiter(link, Plan.of(Limit.perDay(10)))) {
                                assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
                                together.await(60, TimeUnit.SECONDS);
                                return limiter.tryAcquire(Subject.user("new"), "p")
                                        .permits();
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        task -> new Thread(task).start()));
            }
            long taken = 0;
            for (CompletableFuture<Long> racer : racers) {
                taken += racer.get(120, TimeUnit.SECONDS);
            }
            assertThat(taken).isEqualTo(4);
            try (RedisLink link = RedisLink.connect(redis.uri());
                    RateLimiter limiter = limiter(link, Plan.of(Limit.perDay(10)))) {
                assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
                assertThat(limiter.peek(Subject.user("new"), "p").remaining()).isEqualTo(6);
            }
        }
    }

    /** After so many ms: what a check for so many permits finds. Times in ms. */
    private record Row(long after, long cost, boolean allowed, long remaining, long reset, long retry) {}

    @Test
    void fiveAtOnceAndOnePerSecond_followTheTable() {
        List<Row> table = List.of(
                new Row(0, 6, false, 5, 0, -1),
                new Row(0, 1, true, 4, 1_000, 0),
                new Row(0, 1, true, 3, 2_000, 0),
                new Row(0, 1, true, 2, 3_000, 0),
                new Row(0, 1, true, 1, 4_000, 0),
                new Row(0, 1, true, 0, 5_000, 0),
                new Row(0, 1, false, 0, 5_000, 1_000),
                new Row(500, 1, false, 0, 4_500, 500),
                new Row(500, 1, true, 0, 5_000, 0),
                new Row(2_500, 3, false, 2, 2_500, 500),
                new Row(0, 2, true, 0, 4_500, 0),
                new Row(500, 1, true, 0, 5_000, 0),
                new Row(4_999, 5, false, 4, 1, 1),
                new Row(1, 5, true, 0, 5_000, 0),
                new Row(60_000, 5, true, 0, 5_000, 0));
        ManualTicker ticker = new ManualTicker();
        try (RateLimiter limiter = RateLimiter.builder("s")
                .redis(RedisLink.disabled())
                .plan("p", Plan.of(Limit.perSecond(1).burst(5)))
                .ticker(ticker)
                .build()) {
            for (int i = 0; i < table.size(); i++) {
                Row row = table.get(i);
                ticker.advance(Duration.ofMillis(row.after));
                Decision decision = limiter.tryAcquire(Subject.user("x"), "p", row.cost);
                assertThat(decision.allowed()).as("row " + i).isEqualTo(row.allowed);
                if (row.retry < 0) {
                    assertThat(decision.never()).as("row " + i).isTrue();
                } else {
                    assertThat(decision.remaining()).as("row " + i).isEqualTo(row.remaining);
                    assertThat(decision.reset()).as("row " + i).isEqualTo(Duration.ofMillis(row.reset));
                    assertThat(decision.retryAfter()).as("row " + i).contains(Duration.ofMillis(row.retry));
                }
            }
        }
    }

    @Test
    void askingForMoreThanIsThere_leavesWhatIsThere_andARefusalIsNoOutage() {
        try (RedisServer redis = RedisServers.standalone();
                RedisLink link = RedisLink.connect(redis.uri());
                RateLimiter limiter = limiter(link, Plan.of(Limit.perDay(2_000)))) {
            assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
            Subject subject = Subject.user("x");
            assertThat(limiter.tryAcquire(subject, "p", 1_000).remaining()).isEqualTo(1_000);
            Decision refused = limiter.tryAcquire(subject, "p", 1_500);
            assertThat(refused.allowed()).isFalse();
            assertThat(refused.source()).isEqualTo(Decision.Source.REDIS);
            assertThat(refused.remaining()).isEqualTo(1_000);
            assertThat(limiter.tryAcquire(subject, "p", 500).remaining()).isEqualTo(500);
            assertThat(((FleetLimiter) limiter).outage().sinceMillis()).isZero();
        }
    }
}
