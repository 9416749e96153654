package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.FleetPlan.About;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisReply;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fleets under random operations and faults, whose histories are checked against the guarantee of {@link TieredCache}.
 *
 * <p>{@code -Dhistory.seed=17} runs one seed, {@code -Dhistory.first=100 -Dhistory.seeds=50} others than usual. A seed
 * decides settings, operations and faults; how threads and packets meet is decided anew each time.
 */
@Tag("fault")
class HistoryTest {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryTest.class);
    private static final int OPERATIONS = Integer.getInteger("history.operations", 2_000);

    /** How many runs on one server go on at once, each with a server of its own. */
    private static final int LANES = Integer.getInteger("history.lanes", 2);

    /** Failovers take their time, so that there is one in each run, and less around it. */
    private static final int OPERATIONS_AROUND_A_FAILOVER = 800;

    @Test
    @Timeout(600)
    void fleet_onOneRedisUnderFaults_keepsTheGuarantee() {
        onOneRedis(Long.getLong("history.first", 1), Integer.getInteger("history.seeds", 40));
    }

    @Test
    @Tag("nightly")
    @Timeout(3_600)
    void fleet_onOneRedisUnderFaultsAllNight_keepsTheGuarantee() {
        onOneRedis(10_000, 250);
    }

    /** On several servers at once, for most of a run is waiting. */
    private static void onOneRedis(long first, int seeds) {
        Seeds left = new Seeds(first, seeds);
        atOnce(Collections.nCopies(LANES, () -> {
            try (RedisServer redis = RedisServers.standalone();
                    Fleet fleet = Fleet.behindProxies(redis, UnaryOperator.identity())) {
                left.forEach(seed -> {
                    FleetPlan plan = new FleetPlan(seed, About.ANYTHING);
                    Random random = new Random(~seed);
                    FleetFaults faults = FleetFaults.ofServer(plan, random, redis, fleet);
                    return run(plan, random, fleet, faults, () -> redis, OPERATIONS);
                });
            }
        }));
    }

    @Test
    @Timeout(300)
    void fleet_whereOnlyLeasesStopLateFills_keepsTheGuarantee() {
        try (RedisServer redis = RedisServers.standalone();
                Fleet fleet = Fleet.behindProxies(redis, UnaryOperator.identity())) {
            new Seeds(1, 4).forEach(seed -> {
                FleetPlan plan = new FleetPlan(seed, About.FORGOTTEN_BARRIERS);
                Random random = new Random(~seed);
                return run(
                        plan,
                        random,
                        fleet,
                        FleetFaults.ofDeafNodes(plan, random, redis, fleet.deaf),
                        () -> redis,
                        1_000);
            });
        }
    }

    @Test
    @Timeout(600)
    void fleets_onSentinelAndOnClusterUnderFailovers_keepTheGuarantee() {
        atOnce(List.of(HistoryTest::onSentinel, HistoryTest::onCluster));
    }

    private static void onSentinel() {
        try (RedisSentinel redis = RedisServers.sentinel();
                Fleet fleet = Fleet.on(redis.uri())) {
            new Seeds(501, Integer.getInteger("history.sentinel.seeds", 5)).forEach(seed -> {
                FleetPlan plan = new FleetPlan(seed, About.LOST_TAILS);
                Random random = new Random(~seed);
                FleetFaults faults = FleetFaults.ofSentinel(plan, random, redis);
                return run(plan, random, fleet, faults, redis::primary, OPERATIONS_AROUND_A_FAILOVER);
            });
        }
    }

    private static void onCluster() {
        try (RedisCluster redis = RedisServers.cluster();
                Fleet fleet = Fleet.on(
                        "redis-cluster://" + String.join(",", redis.uris()).replace("redis://", ""))) {
            new Seeds(601, Integer.getInteger("history.cluster.seeds", 5)).forEach(seed -> {
                FleetPlan plan = new FleetPlan(seed, About.LOST_TAILS);
                Random random = new Random(~seed);
                FleetFaults faults = FleetFaults.ofCluster(plan, random, redis);
                ControlServer control = () -> redis.primaryOf("{hf:" + plan.cacheName() + "}:ctl");
                return run(plan, random, fleet, faults, control, OPERATIONS_AROUND_A_FAILOVER);
            });
        }
    }

    /** Runs tasks on a thread each, and throws what any of them threw; none outlives this. */
    private static void atOnce(List<Runnable> tasks) {
        List<CompletableFuture<Void>> running = tasks.stream()
                .map(task -> CompletableFuture.runAsync(task, HistoryTest::onThread))
                .toList();
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    }

    private interface Seeded {
        @Nullable
        String run(long seed);
    }

    /** Where the control key lives now. */
    interface ControlServer {
        RedisServer get();
    }

    private static void onThread(Runnable lane) {
        Thread thread = new Thread(lane, "history lane");
        thread.setDaemon(true);
        thread.start();
    }

    /** Seeds that are left, for whoever comes for the next one; none is left once one has broken the guarantee. */
    private static final class Seeds {
        private final AtomicLong next;
        private final long end;

        Seeds(long first, int seeds) {
            Long only = Long.getLong("history.seed");
            next = new AtomicLong(only == null ? first : only);
            end = only == null ? first + seeds : only + 1;
        }

        void forEach(Seeded run) {
            for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
                long begun = System.nanoTime();
                boolean kept = false;
                try {
                    String violation = run.run(seed);
                    LOG.info(
                            "history seed {}: {} ms",
                            seed,
                            Duration.ofNanos(System.nanoTime() - begun).toMillis());
                    assertThat(violation)
                            .as("what broke the guarantee; again with -Dhistory.seed=" + seed)
                            .isNull();
                    kept = true;
                } finally {
                    if (!kept) {
                        next.set(end);
                    }
                }
            }
        }
    }

    static @Nullable String run(
            FleetPlan plan, Random random, Fleet fleet, FleetFaults faults, ControlServer control, int operations) {
        LOG.info("history {}", plan);
        fleet.machines.forEach(machine -> assertThat(machine.link.awaitUp(Duration.ofSeconds(90)))
                .as("a node reaches Redis before the run begins")
                .isTrue());
        String name = "{hf:" + plan.cacheName() + "}:ctl";
        try (FleetRun run = new FleetRun(plan, random, fleet, () -> newest(control.get(), name))) {
            String violation = run.run(operations, faults);
            run.assertItWasWorthIt();
            return violation == null ? null : plan + ": " + violation;
        }
    }

    /** The newest stamp, or MAX_VALUE while there is no control key. */
    private static long newest(RedisServer server, String control) {
        RedisReply stamp = server.command("ZSCORE", control, "!stamp");
        return stamp.isNull() ? Long.MAX_VALUE : stamp.number();
    }
}
