package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {

    @Test
    void parse_readsAllParts() {
        RedisAddress address = RedisAddress.parse("url", "rediss://app:p%40ss%20w+rd@redis.example:7000/3");

        assertThat(address).isEqualTo(new RedisAddress("redis.example", 7000, true, "app", "p@ss w+rd", 3));
        assertThat(address.uri()).isEqualTo("rediss://app:p%40ss%20w%2Brd@redis.example:7000/3");
        assertThat(address).hasToString("rediss://redis.example:7000/3");
    }

    @Test
    void parse_hasDefaults() {
        assertThat(RedisAddress.parse("url", "redis://redis.example"))
                .isEqualTo(new RedisAddress("redis.example", 6379, false, null, null, 0));
        assertThat(RedisAddress.parse("url", "redis://:pw@redis.example/"))
                .isEqualTo(new RedisAddress("redis.example", 6379, false, null, "pw", 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://:secret@redis.example",
                "redis://:secret@",
                "redis://:secret@host:port",
                "redis://:secret@host/first",
                "redis//:secret@host",
                "redis://:sec ret@host"
            })
    void parse_ofSomethingElse_namesPropertyAndRule_andNotThePassword(String url) {
        assertThatThrownBy(() -> RedisAddress.parse("holdfast.redis.url", url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageContaining("holdfast.redis.url must look like redis://")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("sec"));
    }
}
