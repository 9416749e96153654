package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.FleetPlan.About;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisReply;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.Random;
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

    private void onOneRedis(long first, int seeds) {
        try (RedisServer redis = RedisServers.standalone();
                Fleet fleet = Fleet.behindProxies(redis, UnaryOperator.identity())) {
            forEachSeed(first, seeds, seed -> {
                FleetPlan plan = new FleetPlan(seed, About.ANYTHING);
                Random random = new Random(~seed);
                return run(
                        plan, random, fleet, FleetFaults.ofServer(plan, random, redis, fleet), () -> redis, OPERATIONS);
            });
        }
    }

    @Test
    @Timeout(300)
    void fleet_whereOnlyLeasesStopLateFills_keepsTheGuarantee() {
        try (RedisServer redis = RedisServers.standalone();
                Fleet fleet = Fleet.behindProxies(redis, UnaryOperator.identity())) {
            forEachSeed(1, 4, seed -> {
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
    void fleet_onSentinelUnderFailovers_keepsTheGuarantee() {
        try (RedisSentinel redis = RedisServers.sentinel();
                Fleet fleet = Fleet.on(redis.uri())) {
            forEachSeed(501, Integer.getInteger("history.sentinel.seeds", 5), seed -> {
                FleetPlan plan = new FleetPlan(seed, About.LOST_TAILS);
                Random random = new Random(~seed);
                return run(
                        plan,
                        random,
                        fleet,
                        FleetFaults.ofSentinel(plan, random, redis),
                        redis::primary,
                        OPERATIONS_AROUND_A_FAILOVER);
            });
        }
    }

    @Test
    @Timeout(600)
    void fleet_onClusterUnderFailovers_keepsTheGuarantee() {
        try (RedisCluster redis = RedisServers.cluster();
                Fleet fleet = Fleet.on(
                        "redis-cluster://" + String.join(",", redis.uris()).replace("redis://", ""))) {
            forEachSeed(601, Integer.getInteger("history.cluster.seeds", 5), seed -> {
                FleetPlan plan = new FleetPlan(seed, About.LOST_TAILS);
                Random random = new Random(~seed);
                return run(
                        plan,
                        random,
                        fleet,
                        FleetFaults.ofCluster(plan, random, redis),
                        () -> redis.primaryOf("{hf:" + plan.cacheName() + "}:ctl"),
                        OPERATIONS_AROUND_A_FAILOVER);
            });
        }
    }

    private interface Seeded {
        @Nullable
        String run(long seed);
    }

    /** Where the control key lives now. */
    interface ControlServer {
        RedisServer get();
    }

    private static void forEachSeed(long first, int seeds, Seeded run) {
        Long only = Long.getLong("history.seed");
        long from = only == null ? first : only;
        long to = only == null ? first + seeds : only + 1;
        for (long seed = from; seed < to; seed++) {
            long begun = System.nanoTime();
            String violation = run.run(seed);
            LOG.info(
                    "history seed {}: {} ms",
                    seed,
                    Duration.ofNanos(System.nanoTime() - begun).toMillis());
            assertThat(violation)
                    .as("what broke the guarantee; again with -Dhistory.seed=" + seed)
                    .isNull();
        }
    }

    static @Nullable String run(
            FleetPlan plan, Random random, Fleet fleet, FleetFaults faults, ControlServer control, int operations) {
        LOG.info("history {}", plan);
        fleet.machines.forEach(machine -> assertThat(machine.link.awaitUp(Duration.ofSeconds(30)))
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
