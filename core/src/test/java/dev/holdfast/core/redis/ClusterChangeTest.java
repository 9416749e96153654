package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Status;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster whose members change, and a link that stumbles while it learns of them. */
@Tag("fault")
class ClusterChangeTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private RedisCluster redis;

    @BeforeEach
    void start() {
        redis = RedisCluster.builder()
                .directive("cluster-require-full-coverage", "no")
                .start();
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    private RedisLinkBuilder builder() {
        return RedisLink.builder("redis-cluster://"
                        + redis.nodes().stream()
                                .map(n -> n.host() + ":" + n.port())
                                .collect(Collectors.joining(",")))
                .serverCheck(false);
    }

    private boolean isSubscribed(RedisServer server) {
        return !server.command("PUBSUB", "CHANNELS", "news").texts().isEmpty();
    }

    @Test
    void subscription_leaves_a_node_that_left_the_cluster_alive() {
        try (RedisLink link = builder().topologyRefresh(Duration.ofMillis(500)).connect()) {
            List<String> seen = new CopyOnWriteArrayList<>();
            link.subscribe("news".getBytes(UTF_8), new SubscriptionListener() {
                @Override
                public void onSubscribed(long generation) {
                    seen.add("subscribed " + generation);
                }

                @Override
                public void onMessage(byte[] message) {
                    seen.add(new String(message, UTF_8));
                }
            });
            await().atMost(SOON).until(() -> seen.contains("subscribed 1"));
            RedisServer leaving = redis.primaries().stream()
                    .filter(this::isSubscribed)
                    .findFirst()
                    .orElseThrow();
            RedisServer heir = redis.replicasOf(leaving).get(0);
            String id = leaving.command("CLUSTER", "MYID").text();

            // As redis-cli --cluster del-node does: the node itself goes on, alone.
            heir.command("CLUSTER", "FAILOVER");
            await().atMost(SOON).until(() -> redis.primaries().contains(heir));
            await().atMost(SOON).until(() -> "slave".equals(leaving.info("role").orElse("")));
            leaving.command("CLUSTER", "RESET", "HARD");
            redis.nodes().stream().filter(n -> n != leaving).forEach(n -> n.command("CLUSTER", "FORGET", id));

            await().atMost(SOON).until(() -> {
                heir.command("PUBLISH", "news", "hello");
                return seen.contains("hello");
            });
            assertThat(seen).contains("subscribed 2");
        }
    }

    @Test
    void link_heals_after_a_password_supplier_that_threw_an_error() {
        AtomicInteger asked = new AtomicInteger();
        try (RedisLink link = builder()
                .password(() -> {
                    if (asked.incrementAndGet() == 1) {
                        throw new NoClassDefFoundError("of the vault's client");
                    }
                    throw new IllegalStateException("the vault is away");
                })
                .connect()) {
            await().atMost(SOON).until(() -> link.state() == LinkState.DOWN);
            await().atMost(SOON).until(() -> asked.get() > 20);
        }
    }

    @Test
    void link_heals_after_an_address_mapper_that_threw() {
        AtomicInteger asked = new AtomicInteger();
        try (RedisLink link = builder()
                .addressMapper(address -> {
                    if (asked.incrementAndGet() <= 1) {
                        throw new IllegalStateException("not ready yet");
                    }
                    return address;
                })
                .connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
        }
    }

    @Test
    void probe_is_degraded_while_a_primary_is_away() throws Exception {
        try (RedisLink link = builder().connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            HealthProbe probe = link.healthProbe();
            await().atMost(SOON).until(() -> probe.check().status() == Status.UP);
            RedisServer victim = redis.primaries().get(0);
            redis.replicasOf(victim).forEach(RedisServer::kill);

            victim.kill();

            await().atMost(SOON).until(() -> probe.check().status() == Status.DEGRADED);
            assertThat(link.state()).isEqualTo(LinkState.UP);
            assertThat(probe.check().message()).contains(":" + victim.port());
            victim.start();
            await().atMost(SOON).until(() -> probe.check().status() == Status.UP);
        }
    }

    @Test
    void primary_that_answers_nothing_does_not_keep_the_link_from_the_others() {
        RedisServer frozen = redis.primaries().get(0);
        String seeds = redis.primaries().stream()
                .filter(p -> p != frozen)
                .map(p -> p.host() + ":" + p.port())
                .collect(Collectors.joining(","));
        // Nobody takes its place.
        redis.replicasOf(frozen).forEach(RedisServer::kill);
        frozen.pause();
        try (RedisLink link = RedisLink.builder("redis-cluster://" + seeds)
                .serverCheck(false)
                .commandTimeout(Duration.ofSeconds(60))
                .connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
        } finally {
            frozen.resume();
        }
    }
}
