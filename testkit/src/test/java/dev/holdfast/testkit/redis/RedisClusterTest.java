package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
@Servers
class RedisClusterTest {

    private static RedisCluster redis;

    @BeforeAll
    static void start(@Exclusive RedisCluster own) {
        redis = own;
    }

    @BeforeEach
    void heal() {
        redis.heal();
    }

    @Test
    void cluster_isComplete() {
        assertThat(redis.nodes()).hasSize(6);
        assertThat(redis.uris()).hasSize(6).allMatch(uri -> uri.startsWith("redis://127.0.0.1:"));
        assertThat(redis.primaries()).hasSize(3);
        for (RedisServer primary : redis.primaries()) {
            assertThat(redis.replicasOf(primary)).hasSize(1).doesNotContain(primary);
        }
    }

    @Test
    void slot_isThatOfRedis() {
        for (String key : new String[] {"", "a", "foo{bar}baz", "{}x", "{", "}{", "a{b}{c}", "grüße"}) {
            assertThat(redis.nodes().get(0).command("CLUSTER", "KEYSLOT", key).number())
                    .as(key)
                    .isEqualTo(RedisCluster.slot(key));
        }
    }

    @Test
    void keys_areServedByThePrimaryOfTheirSlot_andReplicated() {
        RedisServer primary = redis.primaryOf("key");
        primary.command("SET", "key", "value");

        RedisServer other = redis.primaries().stream()
                .filter(node -> node != primary)
                .findAny()
                .orElseThrow();
        assertThatThrownBy(() -> other.command("GET", "key")).hasMessageContaining("MOVED");
        RedisServer replica = redis.replicasOf(primary).get(0);
        try (RespClient client = replica.client()) {
            client.call("READONLY");
            await().untilAsserted(
                            () -> assertThat(client.call("GET", "key").text()).isEqualTo("value"));
        }
    }

    @Test
    void moveSlot_takesTheKeysAlong() {
        String key = "{moving}:";
        int slot = RedisCluster.slot(key);
        RedisServer source = redis.primaryOf(slot);
        RedisServer target = redis.primaries().stream()
                .filter(node -> node != source)
                .findAny()
                .orElseThrow();
        try (RespClient client = source.client()) {
            for (int i = 0; i < 250; i++) {
                client.call("SET", key + i, Integer.toString(i));
            }
        }

        redis.moveSlot(slot, target);

        assertThat(redis.primaryOf(slot)).isEqualTo(target);
        assertThat(target.command("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot))
                        .number())
                .isEqualTo(250);
        assertThat(target.command("GET", key + "249").text()).isEqualTo("249");
        assertThatThrownBy(() -> source.command("GET", key + "0")).hasMessageContaining("MOVED " + slot);
        redis.moveSlot(slot, target);
        assertThat(redis.primaryOf(slot)).isEqualTo(target);
    }

    @Test
    void killedPrimary_isReplacedByItsReplica_andComesBackAsReplica() {
        RedisServer killed = redis.primaryOf("key");
        RedisServer replica = redis.replicasOf(killed).get(0);

        killed.kill();
        redis.awaitReplacementOf(killed);

        assertThat(redis.primaryOf("key")).isEqualTo(replica);
        assertThat(replica.command("SET", "key", "value").text()).isEqualTo("OK");
        redis.heal();
        assertThat(redis.replicasOf(replica)).containsExactly(killed);
    }

    @Test
    void frozenPrimary_isReplacedByItsReplica() {
        RedisServer frozen = redis.primaryOf("key");
        RedisServer replica = redis.replicasOf(frozen).get(0);

        frozen.pause();
        redis.awaitReplacementOf(frozen);

        assertThat(redis.primaryOf("key")).isEqualTo(replica);
    }

    @Test
    void nonsense_isRefused() {
        assertThatThrownBy(() -> redis.primaryOf(16_384)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RedisCluster.builder().nodeTimeout(Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void passwordAndTls_areUsedBetweenTheNodesToo() {
        try (RedisCluster secured =
                RedisCluster.builder().password("secret").tls().start()) {
            assertThat(secured.uris()).allMatch(uri -> uri.startsWith("rediss://:secret@127.0.0.1:"));
            assertThat(secured.toString()).doesNotContain("secret");
            RedisServer source = secured.primaryOf("key");
            source.command("SET", "key", "value");
            RedisServer target = secured.primaries().stream()
                    .filter(node -> node != source)
                    .findAny()
                    .orElseThrow();

            secured.moveSlot(RedisCluster.slot("key"), target);

            assertThat(target.command("GET", "key").text()).isEqualTo("value");
            assertThat(secured.authority()).isPresent();
        }
    }
}
