package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that share calls: who waits for whom, and what happens when one of them ends early. */
@Tag("fault")
class ChecksTest {
    private static final Subject HOT = Subject.user("hot");

    private final RedisServer redis = RedisServers.standalone();
    private final FaultProxy proxy = FaultProxy.to(redis);
    private final RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
            .commandTimeout(Duration.ofSeconds(30))
            .pingInterval(Duration.ofSeconds(10))
            .serverCheck(false)
            .connect();
    private FleetLimiter limiter;

    @BeforeEach
    void start() {
        assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
        limiter = (FleetLimiter) RateLimiter.builder("t")
                .redis(link)
                .timeout(Duration.ofSeconds(10))
                .heartbeat(Duration.ofMinutes(1))
                .plan("p", Plan.of(Limit.perDay(1_000)))
                .build();
        assertThat(limiter.tryAcquire(HOT, "p").source()).isEqualTo(Decision.Source.REDIS);
    }

    @AfterEach
    void stop() {
        limiter.close();
        link.close();
        proxy.close();
        redis.close();
    }

    private CompletableFuture<Decision> inBackground(List<Thread> threads) {
        CompletableFuture<Decision> decision = new CompletableFuture<>();
        Thread thread = new Thread(() -> decision.complete(limiter.tryAcquire(HOT, "p")));
        threads.add(thread);
        thread.start();
        return decision;
    }

    @Test
    void checksThatWaitForACall_goTogetherWithTheNext() throws Exception {
        proxy.latency(Duration.ofMillis(300));
        long before = Keys.scriptCalls(redis);
        List<CompletableFuture<Decision>> checks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            checks.add(limiter.tryAcquireAsync(HOT, "p", 1));
        }
        for (CompletableFuture<Decision> check : checks) {
            Decision decision = check.get(60, TimeUnit.SECONDS);
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.source()).isEqualTo(Decision.Source.REDIS);
        }
        assertThat(Keys.scriptCalls(redis) - before)
                .as("one for the first, one for the others")
                .isEqualTo(2);
        assertThat(limiter.peek(HOT, "p").remaining()).isEqualTo(899);
    }

    @Test
    void leaderInterrupted_othersAreAnsweredByRedisAllTheSame() throws Exception {
        proxy.latency(Duration.ofMillis(500));
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<Decision> leader = inBackground(threads);
        await().until(() -> limiter.plans().require("p").lines().containsKey(HOT));
        List<CompletableFuture<Decision>> others = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            others.add(inBackground(threads));
        }
        await().until(() -> threads.stream()
                .allMatch(t -> t.getState() == Thread.State.TIMED_WAITING || t.getState() == Thread.State.WAITING));
        threads.get(0).interrupt();
        assertThat(leader.get(60, TimeUnit.SECONDS).source()).isEqualTo(Decision.Source.FALLBACK);
        for (CompletableFuture<Decision> other : others) {
            assertThat(other.get(60, TimeUnit.SECONDS).source()).isEqualTo(Decision.Source.REDIS);
        }
        assertThat(limiter.plans().require("p").lines())
                .as("nothing is left behind")
                .isEmpty();
    }

    @Test
    void followerInterrupted_isNotChargedIfItWasNotSent() throws Exception {
        proxy.latency(Duration.ofMillis(500));
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<Decision> leader = inBackground(threads);
        await().until(() -> limiter.plans().require("p").lines().containsKey(HOT));
        CompletableFuture<Decision> follower = inBackground(threads);
        await().until(() -> threads.get(1).getState() == Thread.State.TIMED_WAITING);
        threads.get(1).interrupt();
        assertThat(follower.get(60, TimeUnit.SECONDS).source()).isEqualTo(Decision.Source.FALLBACK);
        assertThat(leader.get(60, TimeUnit.SECONDS).source()).isEqualTo(Decision.Source.REDIS);
        proxy.heal();
        await().until(() -> limiter.plans().require("p").lines().isEmpty());
        limiter.tryAcquire(HOT, "p"); // settles first what the fallback granted
        assertThat(limiter.peek(HOT, "p").remaining())
                .as("the first, the leader, the fallback's grant and this one")
                .isEqualTo(996);
    }

    @Test
    void redisSlowerThanHalfTheDeadline_checksStillGoThroughInTime() throws Exception {
        try (RateLimiter hasty = RateLimiter.builder("t")
                .redis(link)
                .timeout(Duration.ofSeconds(4))
                .heartbeat(Duration.ofMinutes(1))
                .plan("p", Plan.of(Limit.perDay(1_000)))
                .build()) {
            proxy.latency(Duration.ofMillis(1_200)); // a round trip takes 2.4 s: two in a row would be too long
            List<CompletableFuture<Decision>> checks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                CompletableFuture<Decision> decision = new CompletableFuture<>();
                checks.add(decision);
                new Thread(() -> decision.complete(hasty.tryAcquire(HOT, "p"))).start();
            }
            for (CompletableFuture<Decision> check : checks) {
                assertThat(check.get(60, TimeUnit.SECONDS).source()).isEqualTo(Decision.Source.REDIS);
            }
        }
    }
}
