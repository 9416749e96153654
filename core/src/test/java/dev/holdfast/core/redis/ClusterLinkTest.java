package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisServer;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Servers
@Tag("fault")
class ClusterLinkTest {
    private static final Duration DEADLINE = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(5);

    private static RedisCluster redis;

    private RedisLink link;

    @BeforeAll
    static void startCluster() {
        // Otherwise the healthy primaries refuse their own slots until the failover is over.
        redis = RedisCluster.builder()
                .directive("cluster-require-full-coverage", "no")
                .start();
    }

    @AfterAll
    static void stopCluster() {
        if (redis != null) { // These servers have no clusters, and all of this is skipped.
            redis.close();
        }
    }

    @BeforeEach
    void connect() {
        link = RedisLink.connect(uri());
        assertThat(link.awaitUp(SOON)).isTrue();
    }

    @AfterEach
    void disconnect() {
        link.close();
        redis.heal();
    }

    private static String uri() {
        return "redis-cluster://"
                + redis.nodes().stream().map(n -> n.host() + ":" + n.port()).collect(Collectors.joining(","));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private boolean set(String key) {
        try {
            return "OK".equals(link.call(DEADLINE, c -> c.set(bytes(key), bytes("v"))));
        } catch (RedisException e) {
            return false;
        }
    }

    /** A key whose slot a server owns. */
    private static String keyOn(RedisServer server) {
        return IntStream.range(0, 10_000)
                .mapToObj(i -> "key" + i)
                .filter(key -> redis.primaryOf(key) == server)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void commands_go_to_the_owners_of_their_slots() {
        byte[][] keys = IntStream.range(0, 50).mapToObj(i -> bytes("k" + i)).toArray(byte[][]::new);
        for (byte[] key : keys) {
            link.call(SOON, c -> c.set(key, key));
        }

        List<KeyValue<byte[], byte[]>> values = link.call(SOON, c -> c.mget(keys));
        assertThat(values)
                .extracting(kv -> new String(kv.getValue(), UTF_8))
                .containsExactly(IntStream.range(0, 50).mapToObj(i -> "k" + i).toArray(String[]::new));
        RedisScript<Long> script = RedisScript.of("return redis.call('STRLEN', KEYS[1])", ScriptOutputType.INTEGER);
        for (byte[] key : keys) {
            Long length = link.call(SOON, c -> script.run(c, new byte[][] {key}));
            assertThat(length).isEqualTo(key.length);
        }
        Long deleted = link.call(SOON, c -> c.del(keys));
        assertThat(deleted).isEqualTo(50);
    }

    @Test
    void slot_moved_while_clients_go_on_and_no_error_reaches_them() throws Exception {
        String key = "moving";
        int slot = RedisCluster.slot(key);
        RedisServer from = redis.primaryOf(slot);
        RedisServer to =
                redis.primaries().stream().filter(p -> p != from).findFirst().orElseThrow();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicLong counted = new AtomicLong();
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        long generation = link.generation();
        Thread caller = new Thread(() -> {
            while (running.get()) {
                try {
                    link.call(Duration.ofSeconds(2), c -> c.incr(bytes(key)));
                    counted.incrementAndGet();
                } catch (Throwable t) {
                    errors.add(t);
                }
            }
        });
        caller.start();
        await().until(() -> counted.get() > 100);
        redis.moveSlot(slot, to);
        long moved = counted.get();
        await().until(() -> counted.get() > moved + 100);
        await().atMost(SOON).until(() -> link.generation() > generation);
        running.set(false);
        caller.join();

        assertThat(errors).isEmpty();
        assertThat(to.command("GET", key).text()).isEqualTo(Long.toString(counted.get()));
        link.call(DEADLINE, c -> c.del(bytes(key)));
        redis.moveSlot(slot, from);
    }

    @Test
    void primary_killed_and_its_slots_work_again_after_the_failover() {
        List<String> seen = new CopyOnWriteArrayList<>();
        link.subscribe(bytes("news"), new SubscriptionListener() {
            @Override
            public void onSubscribed(long number) {
                seen.add("subscribed");
            }

            @Override
            public void onMessage(byte[] message) {
                seen.add(new String(message, UTF_8));
            }
        });
        RedisServer victim = redis.primaries().get(0);
        String lost = keyOn(victim);
        String kept = keyOn(redis.primaries().get(1));
        long generation = link.generation();
        await().until(() -> seen.contains("subscribed"));

        victim.kill();
        await().atMost(SOON).until(() -> !set(lost));
        assertThat(set(kept)).isTrue();
        redis.awaitReplacementOf(victim);

        await().atMost(SOON).until(() -> set(lost));
        assertThat(link.generation()).isGreaterThan(generation);
        assertThat(link.state()).isEqualTo(LinkState.UP);
        await().atMost(SOON).until(() -> {
            redis.primaryOf(lost).command("PUBLISH", "news", "hello");
            return seen.contains("hello");
        });
    }

    @Test
    void primary_frozen_and_the_others_go_on_and_nothing_lands_on_the_stale_one() throws Exception {
        RedisServer victim = redis.primaries().get(0);
        String lost = keyOn(victim);
        String kept = keyOn(redis.primaries().get(1));
        String tag = "{" + lost + "}";
        Map<String, Long> written = new ConcurrentHashMap<>();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger number = new AtomicInteger();
        Thread writer = new Thread(() -> {
            while (running.get()) {
                String key = tag + number.incrementAndGet();
                written.put(key, System.nanoTime());
                set(key);
            }
        });
        writer.start();
        await().until(() -> number.get() > 50);

        victim.pause();
        await().atMost(Duration.ofSeconds(3)).until(() -> {
            long start = System.nanoTime();
            boolean refused = !set(lost);
            // Refused at once, no longer timed out.
            return refused && System.nanoTime() - start < DEADLINE.toNanos() / 2;
        });
        for (int i = 0; i < 20; i++) {
            assertThat(set(kept)).isTrue();
        }
        redis.awaitReplacementOf(victim);
        long promotion = System.nanoTime();
        await().atMost(SOON).until(() -> set(lost));
        await().during(Duration.ofSeconds(1)).until(() -> set(lost));
        running.set(false);
        writer.join();
        victim.resume();
        List<String> onStale = victim.command("KEYS", tag + "*").texts();

        assertThat(onStale)
                .filteredOn(key -> written.containsKey(key) && written.get(key) > promotion)
                .isEmpty();
        assertThat(link.state()).isEqualTo(LinkState.UP);
    }

    @Test
    void one_seed_is_enough_and_dead_seeds_do_not_hinder_the_start() {
        RedisServer alive = redis.nodes().get(2);
        try (RedisLink another =
                RedisLink.connect("redis-cluster://127.0.0.1:1," + alive.host() + ":" + alive.port())) {
            assertThat(another.awaitUp(SOON)).isTrue();
            assertThat(another.mode()).isEqualTo(RedisMode.CLUSTER);
        }
    }
}
