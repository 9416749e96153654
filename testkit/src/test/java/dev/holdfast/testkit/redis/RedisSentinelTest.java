package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
@Servers
class RedisSentinelTest {

    private static RedisSentinel redis;

    @BeforeAll
    static void start(@Exclusive RedisSentinel own) {
        redis = own;
    }

    @BeforeEach
    void heal() {
        redis.heal();
    }

    @Test
    void group_isComplete() {
        assertThat(redis.sentinels()).hasSize(3);
        assertThat(redis.replicas()).hasSize(2).doesNotContain(redis.primary());
        assertThat(redis.uri()).matches("redis-sentinel://127.0.0.1:\\d+,127.0.0.1:\\d+,127.0.0.1:\\d+#holdfast");
        assertThat(redis.sentinelUris()).hasSize(3).allMatch(uri -> uri.startsWith("redis://127.0.0.1:"));
    }

    @Test
    void primary_isReplicated() {
        redis.primary().command("SET", "key", "value");

        for (RedisServer replica : redis.replicas()) {
            await().untilAsserted(() ->
                    assertThat(replica.command("GET", "key").text()).isEqualTo("value"));
            assertThatThrownBy(() -> replica.command("SET", "key", "other")).hasMessageContaining("READONLY");
        }
    }

    @Test
    void killedPrimary_isReplaced() {
        RedisServer killed = redis.killPrimary();

        RedisServer promoted = redis.awaitPromotion();

        assertThat(promoted).isNotEqualTo(killed).isEqualTo(redis.primary());
        assertThat(promoted.command("SET", "key", "value").text()).isEqualTo("OK");
        assertThat(killed.isRunning()).isFalse();
    }

    @Test
    void frozenPrimary_isReplaced_andComesBackAsReplica() {
        RedisServer frozen = redis.pausePrimary();

        RedisServer promoted = redis.awaitPromotion();

        assertThat(promoted).isNotEqualTo(frozen);
        redis.heal();
        assertThat(redis.primary()).isEqualTo(promoted);
        assertThat(frozen.info("role")).hasValue("slave");
    }

    @Test
    void awaitPromotion_withoutAFault_isRefused() {
        try (RedisSentinel secured = RedisSentinel.builder()
                .masterName("orders")
                .password("secret")
                .tls()
                .directive("maxmemory", "32mb")
                .start()) {
            assertThatThrownBy(secured::awaitPromotion).isInstanceOf(IllegalStateException.class);
            assertThat(secured.uri()).startsWith("rediss-sentinel://:secret@").endsWith("#orders");
            assertThat(secured.toString()).doesNotContain("secret");
            assertThat(secured.primary().uri()).startsWith("rediss://:secret@");
            assertThat(secured.replicas()
                            .get(0)
                            .command("CONFIG", "GET", "maxmemory")
                            .texts())
                    .isEqualTo(List.of("maxmemory", "33554432"));
            assertThat(secured.authority()).isPresent();
        }
    }
}
