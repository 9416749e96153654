package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Work that concerns each server, one by one. */
@Servers
@Tag("fault")
class PrimariesTest {
    private static final Duration DEADLINE = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(5);

    private static RedisCluster redis;

    private RedisLink link;

    @BeforeAll
    static void startCluster() {
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
        link = RedisLink.connect("redis-cluster://"
                + redis.nodes().stream().map(n -> n.host() + ":" + n.port()).collect(Collectors.joining(",")));
        assertThat(link.awaitUp(SOON)).isTrue();
    }

    @AfterEach
    void disconnect() {
        link.close();
        redis.heal();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** All keys of one server that begin with a text, as any number of operations one after the other find them. */
    private static List<String> scan(RedisPrimary primary, String beginning) {
        List<String> found = new ArrayList<>();
        ScanArgs args = ScanArgs.Builder.limit(10).match(beginning + "*");
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            ScanCursor from = cursor;
            KeyScanCursor<byte[]> page = Objects.requireNonNull(primary.call(DEADLINE, c -> c.scan(from, args)));
            page.getKeys().forEach(key -> found.add(new String(key, UTF_8)));
            cursor = page;
        } while (!cursor.isFinished());
        return found;
    }

    private RedisPrimary primaryAt(RedisServer server) {
        return link.primaries().stream()
                .filter(p -> p.name().equals(server.host() + ":" + server.port()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void each_primary_of_a_cluster_lists_its_own_keys_and_together_they_list_all() {
        String[] keys = IntStream.range(0, 200).mapToObj(i -> "scanned" + i).toArray(String[]::new);
        for (String key : keys) {
            link.call(SOON, c -> c.set(bytes(key), bytes("v")));
        }

        List<List<String>> found =
                link.primaries().stream().map(p -> scan(p, "scanned")).toList();

        assertThat(found).hasSize(3).allSatisfy(some -> assertThat(some).isNotEmpty());
        assertThat(found.stream().flatMap(List::stream)).containsExactlyInAnyOrder(keys);
    }

    @Test
    void key_of_another_primary_is_an_error_and_does_not_go_astray() {
        String key = "elsewhere";
        RedisServer owner = redis.primaryOf(key);
        RedisServer other =
                redis.primaries().stream().filter(p -> p != owner).findFirst().orElseThrow();

        assertThatThrownBy(() -> primaryAt(other).call(SOON, c -> c.set(bytes(key), bytes("v"))))
                .isInstanceOf(RedisException.class)
                .hasMessageContaining("MOVED");

        assertThat(owner.command("EXISTS", key).text()).isEqualTo("0");
        assertThat(primaryAt(owner).<String>call(SOON, c -> c.set(bytes(key), bytes("v"))))
                .isEqualTo("OK");
    }

    @Test
    void frozen_primary_costs_one_deadline_then_nothing_and_the_others_answer() throws Exception {
        RedisServer victim = redis.primaries().get(0);
        RedisPrimary frozen = primaryAt(victim);
        List<RedisPrimary> others = link.primaries().stream()
                .filter(p -> !p.name().equals(frozen.name()))
                .toList();
        redis.replicasOf(victim).forEach(RedisServer::kill); // Nobody takes its place.
        victim.pause();

        long start = System.nanoTime();
        assertThatThrownBy(() -> frozen.call(DEADLINE, c -> c.dbsize())).isInstanceOf(RedisTimeoutException.class);
        assertThat(System.nanoTime() - start).isLessThan(DEADLINE.toNanos() * 5);
        await().atMost(SOON)
                .untilAsserted(() -> assertThatThrownBy(() -> frozen.call(DEADLINE, c -> c.dbsize()))
                        .isInstanceOf(RedisUnavailableException.class)
                        .hasMessageContaining("no primary is connected at " + frozen.name()));
        assertThat(others)
                .hasSize(2)
                .allSatisfy(
                        p -> assertThat(p.<Long>call(DEADLINE, c -> c.dbsize())).isNotNull());
    }

    @Test
    void demoted_primary_takes_nothing_and_its_heir_is_listed() throws Exception {
        RedisServer victim = redis.primaries().get(0);
        RedisServer heir = redis.replicasOf(victim).get(0);
        RedisPrimary before = primaryAt(victim);
        String key = IntStream.range(0, 10_000)
                .mapToObj(i -> "key" + i)
                .filter(k -> redis.primaryOf(k) == victim)
                .findFirst()
                .orElseThrow();

        heir.command("CLUSTER", "FAILOVER");

        await().atMost(SOON).ignoreExceptionsInstanceOf(RedisException.class).untilAsserted(() -> {
            link.call(DEADLINE, c -> c.get(bytes(key))); // Shows the link that its slot is elsewhere.
            assertThat(link.primaries())
                    .extracting(RedisPrimary::name)
                    .contains(heir.host() + ":" + heir.port())
                    .doesNotContain(before.name());
        });
        assertThatThrownBy(() -> before.call(DEADLINE, c -> c.dbsize())).isInstanceOf(RedisUnavailableException.class);
        assertThat(primaryAt(heir).<Long>call(DEADLINE, c -> c.dbsize())).isNotNull();
    }

    @Test
    void one_server_is_its_own_primary_and_no_server_has_none() {
        try (RedisServer server = RedisServers.standalone();
                RedisLink single = RedisLink.connect(server.uri())) {
            assertThat(single.awaitUp(SOON)).isTrue();
            server.command("SET", "k", "v");

            assertThat(single.primaries())
                    .singleElement()
                    .satisfies(p -> assertThat(scan(p, "k")).containsExactly("k"))
                    .satisfies(
                            p -> assertThat(p.name()).doesNotContain("password").contains(":" + server.port()));
        }
        assertThat(RedisLink.disabled().primaries()).isEmpty();
    }
}
