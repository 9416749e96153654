package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A fleet under random reads, writes and faults, whose history is checked against the documented guarantee. */
@Tag("fault")
class HistoryTest {
    private static final int NODES = 3;
    private static final int KEYS = 20;
    private static final long SECONDS = Long.getLong("holdfast.history.seconds", 5);

    private final RedisServer redis = RedisServers.standalone();
    private final Source source = new Source();
    private final List<Node> nodes = new ArrayList<>();
    private final History history = new History();
    private final AtomicBoolean stop = new AtomicBoolean();

    @BeforeEach
    void startNodes() {
        for (int i = 0; i < NODES; i++) {
            nodes.add(new Node(redis.uri(), source).awaitInStep());
        }
    }

    @AfterEach
    void stopNodes() {
        nodes.forEach(Node::close);
        redis.close();
    }

    @Test
    void fleet_withoutFaults_keepsTheGuaranteeOneDeliveryLater() throws Exception {
        run(() -> {}, Long.MAX_VALUE);
        assertThat(history.readCount()).isGreaterThan(1_000);
        assertThat(history.violations(500)).isEmpty();
        assertEveryNodeIsFresh();
    }

    @Test
    void fleet_whosePubSubIsKilledInALoop_keepsTheGuaranteeOneHeartbeatLater() throws Exception {
        run(() -> redis.command("CLIENT", "KILL", "TYPE", "pubsub"), 20);
        assertThat(history.violations(1_500)).isEmpty();
        assertEveryNodeIsFresh();
    }

    @Test
    void fleet_whoseScriptsAreFlushedInALoop_keepsTheGuaranteeAndSeesNoError() throws Exception {
        run(() -> redis.command("SCRIPT", "FLUSH"), 5);
        assertThat(nodes)
                .allSatisfy(
                        node -> assertThat(node.cache.stats().tier2Failures()).isZero());
        assertThat(history.violations(500)).isEmpty();
        assertEveryNodeIsFresh();
    }

    @Test
    void fleet_whoseControlKeyIsDeletedInALoop_keepsTheGuarantee() throws Exception {
        run(() -> redis.command("DEL", "{hf:fleet}:ctl"), 300);
        assertThat(history.violations(1_500)).isEmpty();
        assertEveryNodeIsFresh();
    }

    @Test
    void fleet_whoseRedisIsFlushedInALoop_keepsTheGuarantee() throws Exception {
        run(() -> redis.command("FLUSHALL"), 300);
        assertThat(history.violations(1_500)).isEmpty();
        assertEveryNodeIsFresh();
    }

    @Test
    void fleet_whoseConnectionsAreKilledInALoop_isFreshOnceTheyAreBack() throws Exception {
        run(() -> redis.command("CLIENT", "KILL", "TYPE", "normal"), 400);
        assertThat(history.violations(3_000)).isEmpty();
        assertEveryNodeIsFresh();
    }

    private void run(Runnable fault, long everyMillis) throws Exception {
        List<CompletableFuture<Void>> tasks = new ArrayList<>();
        for (int n = 0; n < NODES; n++) {
            int node = n;
            tasks.add(nodes.get(n).inBackground(() -> readUntilStopped(node)));
            tasks.add(nodes.get(n).inBackground(() -> writeUntilStopped(node)));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Random random = new Random(7);
        while (System.nanoTime() < end) {
            if (everyMillis == Long.MAX_VALUE) {
                Waiting.millis(50);
            } else {
                fault.run();
                Waiting.millis(everyMillis / 2 + random.nextLong(everyMillis));
            }
        }
        stop.set(true);
        for (CompletableFuture<Void> task : tasks) {
            Node.finish(task);
        }
    }

    private void readUntilStopped(int node) {
        Random random = new Random(node);
        while (!stop.get()) {
            long key = random.nextInt(KEYS);
            long begun = System.nanoTime();
            if (random.nextInt(10) == 0) {
                nodes.get(node)
                        .cache
                        .getAll(List.of(key, (key + 1) % KEYS))
                        .forEach((k, value) -> history.read(node, k, Source.version(value), begun));
            } else {
                history.read(node, key, Source.version(nodes.get(node).get(key)), begun);
            }
            Waiting.millis(1);
        }
    }

    private void writeUntilStopped(int node) {
        Random random = new Random(100 + node);
        while (!stop.get()) {
            long key = random.nextInt(KEYS);
            source.commit(key);
            long version = source.version(key);
            nodes.get(node).cache.invalidate(key);
            history.invalidated(node, key, version);
            Waiting.millis(random.nextInt(10));
        }
    }

    private void assertEveryNodeIsFresh() {
        await().atMost(5, TimeUnit.SECONDS).until(() -> nodes.stream().allMatch(node -> node.cache.tier2Open()));
        await().atMost(5, TimeUnit.SECONDS).untilAsserted(() -> {
            for (Node node : nodes) {
                for (long key = 0; key < KEYS; key++) {
                    assertThat(node.get(key)).isEqualTo(source.value(key));
                }
            }
        });
        try (Node late = new Node(redis.uri(), source).awaitInStep()) {
            for (long key = 0; key < KEYS; key++) {
                assertThat(late.get(key)).isEqualTo(source.value(key));
            }
        }
    }
}
