package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What limiters do while Redis is frozen, cut off, loses answers or forgets. */
@Tag("fault")
class OutageTest {
    private static final Subject HOT = Subject.user("hot");
    private static final Duration DEADLINE = Duration.ofMillis(200);

    private RedisServer redis;
    private final List<Node> nodes = new ArrayList<>();

    @BeforeEach
    void start() {
        redis = RedisServers.standalone();
    }

    @AfterEach
    void stop() {
        nodes.forEach(Node::close);
        Keys.assertAllEnd(redis);
        redis.close();
    }

    /** A node of the fleet with its own way to Redis. */
    private final class Node implements AutoCloseable {
        final FaultProxy proxy = FaultProxy.to(redis);
        final RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .commandTimeout(DEADLINE)
                .pingInterval(Duration.ofMillis(200))
                .reconnect(Duration.ofMillis(20), Duration.ofMillis(200))
                .serverCheck(false)
                .connect();
        final FleetLimiter limiter;
        final AtomicLong admitted = new AtomicLong();

        Node(Plan plan, UnaryOperator<RateLimiterBuilder> more) {
            limiter = (FleetLimiter) more.apply(RateLimiter.builder("t")
                            .redis(link)
                            .timeout(DEADLINE)
                            .heartbeat(Duration.ofMillis(100))
                            .plan("p", plan))
                    .build();
            assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
            nodes.add(this);
        }

        /** Asks as fast as it may until told to stop. */
        List<CompletableFuture<Void>> hammer(int threads, AtomicBoolean stop) {
            List<CompletableFuture<Void>> callers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                callers.add(done);
                Thread thread = new Thread(() -> {
                    try {
                        while (!stop.get()) {
                            Decision decision = limiter.tryAcquire(HOT, "p");
                            admitted.addAndGet(decision.permits());
                            if (!decision.allowed()) {
                                TimeUnit.MILLISECONDS.sleep(1); // as a client between two requests
                            }
                        }
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            return callers;
        }

        @Override
        public void close() {
            limiter.close();
            link.close();
            proxy.close();
        }
    }

    private static void join(List<CompletableFuture<Void>> callers) throws Exception {
        for (CompletableFuture<Void> caller : callers) {
            caller.get(30, TimeUnit.SECONDS);
        }
    }

    private long admitted() {
        return nodes.stream().mapToLong(node -> node.admitted.get()).sum();
    }

    private void fleet(int size, Plan plan, UnaryOperator<RateLimiterBuilder> more) {
        for (int i = 0; i < size; i++) {
            new Node(plan, more);
        }
        await().until(() -> nodes.stream().allMatch(node -> node.limiter.nodes() == size));
    }

    private static void pass(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos()); // the length of an outage is what the bound speaks of
    }

    @Test
    void frozenRedis_noCheckTakesLongerThanItsDeadline_andSoonNoneTakesAny() throws Exception {
        Node node = new Node(Plan.of(Limit.perSecond(1_000_000)), b -> b);
        assertThat(node.limiter.tryAcquire(HOT, "p").allowed()).isTrue();
        redis.pause();
        try {
            List<Long> slow = new ArrayList<>();
            for (int i = 0; i < 200 && node.link.state() == LinkState.UP; i++) {
                long start = System.nanoTime();
                Decision decision = node.limiter.tryAcquire(Subject.user("u" + i), "p");
                slow.add(System.nanoTime() - start);
                assertThat(decision.source()).isEqualTo(Decision.Source.FALLBACK);
            }
            assertThat(slow).allSatisfy(nanos -> assertThat(nanos).isLessThan(DEADLINE.toNanos() + 150_000_000L));
            await().until(() -> node.link.state() != LinkState.UP);
            long[] nanos = new long[20_000];
            for (int i = 0; i < nanos.length; i++) {
                long start = System.nanoTime();
                node.limiter.tryAcquire(HOT, "p");
                nanos[i] = System.nanoTime() - start;
            }
            Arrays.sort(nanos);
            assertThat(nanos[nanos.length * 99 / 100]).as("p99 in ns").isLessThan(1_000_000L);
        } finally {
            redis.resume();
        }
        await().until(() -> node.limiter.tryAcquire(HOT, "p").source() == Decision.Source.REDIS);
        assertThat(node.limiter.outage().sinceMillis()).isZero();
    }

    @Test
    void frozenRedis_asyncChecksAlsoEndWithinTheirDeadline() {
        Node node = new Node(Plan.of(Limit.perSecond(1_000_000)), b -> b);
        assertThat(node.limiter.tryAcquire(HOT, "p").allowed()).isTrue();
        redis.pause();
        try {
            ConcurrentLinkedQueue<Long> took = new ConcurrentLinkedQueue<>();
            List<CompletableFuture<?>> checks = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                long start = System.nanoTime();
                checks.add(node.limiter
                        .tryAcquireAsync(HOT, "p", 1)
                        .thenAccept(decision -> took.add(System.nanoTime() - start)));
            }
            CompletableFuture.allOf(checks.toArray(CompletableFuture[]::new)).join();
            assertThat(took).hasSize(1_000);
            assertThat(took).allSatisfy(nanos -> assertThat(nanos).isLessThan(DEADLINE.toNanos() + 300_000_000L));
        } finally {
            redis.resume();
        }
    }

    @Test
    void cutForAll_share_staysWithinItsBoundAndIsNoSecondBurstAfterwards() throws Exception {
        cutForAll(Duration.ofSeconds(3));
    }

    @Test
    @Tag("nightly")
    void cutForAllForTenSeconds_share_staysWithinItsBound() throws Exception {
        cutForAll(Duration.ofSeconds(10));
    }

    private void cutForAll(Duration outage) throws Exception {
        long burst = 300;
        long rate = 100;
        fleet(3, Plan.of(Limit.perSecond(rate).burst(burst)), b -> b);
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        long start = System.nanoTime();
        nodes.forEach(node -> callers.addAll(node.hammer(4, stop)));
        pass(Duration.ofSeconds(2));
        nodes.forEach(node -> node.proxy.cutAndReset());
        await().until(() -> nodes.stream().allMatch(n -> n.link.state() != LinkState.UP));
        long before = admitted();
        long cut = System.nanoTime();
        pass(outage);
        long during = admitted() - before;
        double seconds = (System.nanoTime() - cut) / 1e9;
        assertThat((double) during).as("during the cut").isBetween(rate * seconds * 0.7, rate * seconds + 20);
        nodes.forEach(node -> node.proxy.heal());
        await().until(() -> nodes.stream().allMatch(n -> n.limiter.outage().sinceMillis() == 0));
        pass(Duration.ofSeconds(3)); // who came back first may have got what others had granted: that is paid back
        stop.set(true);
        join(callers);
        double all = (System.nanoTime() - start) / 1e9;
        // All were seeded from what Redis had said last, a few milliseconds before.
        System.out.printf("cut for all: %d of %.0f%n", admitted(), burst + rate * all);
        assertThat((double) admitted()).as("in all").isLessThanOrEqualTo(burst + rate * all + 60);
        assertThat((double) admitted()).as("and not much less").isGreaterThan((burst + rate * all) * 0.8);
    }

    @Test
    void cutForAll_subjectsAtRest_getTheirBurstOnceOnly() throws Exception {
        long burst = 300;
        fleet(3, Plan.of(Limit.perHour(burst)), b -> b);
        nodes.forEach(node -> node.proxy.cutAndReset());
        await().until(() -> nodes.stream().allMatch(n -> n.link.state() != LinkState.UP));
        for (Node node : nodes) {
            for (int i = 0; i < 400; i++) {
                node.admitted.addAndGet(node.limiter.tryAcquire(HOT, "p").permits());
            }
            assertThat(node.admitted.get()).as("a third each").isEqualTo(100);
        }
        nodes.forEach(node -> node.proxy.heal());
        await().until(() -> nodes.stream().noneMatch(n -> n.limiter.memory().owes()));
        for (Node node : nodes) {
            for (int i = 0; i < 10; i++) {
                node.admitted.addAndGet(node.limiter.tryAcquire(HOT, "p").permits());
            }
        }
        assertThat(admitted())
                .as("what was granted alone was charged when Redis was back")
                .isEqualTo(burst);
    }

    @Test
    void cutForOne_addsItsShareAtMost() throws Exception {
        long burst = 300;
        long rate = 100;
        fleet(3, Plan.of(Limit.perSecond(rate).burst(burst)), b -> b);
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        long start = System.nanoTime();
        nodes.forEach(node -> callers.addAll(node.hammer(4, stop)));
        pass(Duration.ofSeconds(1));
        nodes.get(0).proxy.cutAndReset();
        long cut = System.nanoTime();
        pass(Duration.ofSeconds(2));
        double alone = (System.nanoTime() - cut) / 1e9;
        nodes.get(0).proxy.heal();
        await().until(() -> nodes.get(0).limiter.outage().sinceMillis() == 0);
        pass(Duration.ofSeconds(1));
        stop.set(true);
        join(callers);
        double all = (System.nanoTime() - start) / 1e9;
        double bound = burst + rate * all + (burst + rate * alone) / 3;
        System.out.printf("cut for one: %d of %.0f%n", admitted(), bound);
        assertThat((double) admitted()).isLessThanOrEqualTo(bound);
        assertThat((double) admitted()).isGreaterThan((burst + rate * all) * 0.8);
    }

    @Test
    void cut_closedAdmitsNone_openAll() {
        Node closed = new Node(Plan.of(Limit.perHour(10)), b -> b.fallback(Fallback.closed()));
        Node open = new Node(Plan.of(Limit.perHour(10)), b -> b.fallback(Fallback.open()));
        nodes.forEach(node -> node.proxy.cutAndReset());
        await().until(() -> nodes.stream().allMatch(n -> n.link.state() != LinkState.UP));
        for (int i = 0; i < 1_000; i++) {
            Decision refused = closed.limiter.tryAcquire(HOT, "p");
            assertThat(refused.allowed()).isFalse();
            assertThat(refused.retryAfter()).contains(Duration.ofSeconds(1));
            assertThat(open.limiter.tryAcquire(HOT, "p").allowed()).isTrue();
        }
        assertThat(open.limiter.tryAcquire(HOT, "p", 11).never()).isTrue();
    }

    @Test
    void answersSwallowed_underLoad_chargeNoCallTwice() throws Exception {
        long burst = 1_000_000;
        Node node = new Node(Plan.of(Limit.of(burst, Duration.ofDays(1))), b -> b);
        AtomicLong calls = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> callers = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            Thread thread = new Thread(() -> {
                while (!stop.get()) {
                    calls.incrementAndGet();
                    node.limiter.tryAcquire(HOT, "p");
                }
            });
            thread.start();
            callers.add(thread);
        }
        for (int round = 0; round < 3; round++) {
            pass(Duration.ofMillis(200));
            node.proxy.swallowRepliesUntilReset();
            await().until(() ->
                    node.proxy.bytesSwallowed() > 0 && node.limiter.outage().sinceMillis() != 0);
            node.proxy.resetAll();
            await().until(() -> node.limiter.outage().sinceMillis() == 0);
        }
        stop.set(true);
        for (Thread caller : callers) {
            caller.join(30_000);
        }
        await().until(() -> !node.limiter.memory().owes());
        Decision after = node.limiter.peek(HOT, "p");
        long charged = burst - after.remaining();
        System.out.println("answers swallowed: " + charged + " charged, " + calls.get() + " calls");
        assertThat(charged).isLessThanOrEqualTo(calls.get()).isPositive();
    }

    @Test
    void scriptsFlushed_underLoad_costNothing() throws Exception {
        Node node = new Node(Plan.of(Limit.of(10_000_000, Duration.ofDays(31))), b -> b);
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> callers = node.hammer(8, stop);
        for (int i = 0; i < 50; i++) {
            redis.command("SCRIPT", "FLUSH");
            pass(Duration.ofMillis(10));
        }
        stop.set(true);
        join(callers);
        assertThat(node.limiter.tally().count(Decision.Source.FALLBACK, true)).isZero();
        long charged = 10_000_000 - node.limiter.peek(HOT, "p").remaining();
        assertThat(charged).as("one charge each").isBetween(node.admitted.get() - 100, node.admitted.get());
    }

    @Test
    void everythingFlushed_underLoad_grantsABurstEachTimeAndNoError() throws Exception {
        Node node = new Node(Plan.of(Limit.perHour(100)), b -> b.denyCache(0));
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> callers = node.hammer(4, stop);
        await().until(() -> node.admitted.get() == 100);
        for (int i = 2; i <= 4; i++) {
            redis.command("FLUSHALL");
            long expected = 100L * i;
            await().until(() -> node.admitted.get() >= expected);
        }
        stop.set(true);
        join(callers);
        assertThat(node.admitted.get()).isEqualTo(400);
    }

    @Test
    void keysEvicted_underLoad_areFullAgainAndNoError() {
        Node node = new Node(Plan.of(Limit.perHour(100)), b -> b);
        long used = Long.parseLong(redis.info("used_memory").orElseThrow());
        redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        redis.command("CONFIG", "SET", "maxmemory", String.valueOf(used + 500_000));
        for (int i = 0; i < 10_000; i++) {
            assertThat(node.limiter.tryAcquire(Subject.user("u" + i), "p").allowed())
                    .isTrue();
        }
        assertThat(Long.parseLong(redis.info("evicted_keys").orElseThrow())).isPositive();
        assertThat(redis.command("DBSIZE").number()).isLessThan(10_000);
    }
}
