package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TieredCacheBuilderTest {
    @Test
    void build_withFiveMistakes_reportsFiveProblemsAtOnce() {
        TieredCacheBuilder<Long, String> builder = TieredCache.<Long, String>builder("no/slash")
                .redis(RedisLink.disabled())
                .maximumSize(0)
                .timeToLive(Duration.ofSeconds(-1))
                .jitter(1.5)
                .heartbeat(Duration.ZERO);
        assertThatThrownBy(builder::build)
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::property)
                        .containsExactly("name", "maximumSize", "jitter", "timeToLive", "heartbeat"))
                .satisfies(e -> assertThat(e.problems()).allSatisfy(p -> {
                    assertThat(p.message()).isNotBlank();
                    assertThat(p.remedy()).isNotBlank();
                }))
                .satisfies(e -> assertThat(e).hasMessageContaining("5 problems").hasMessageContaining("PT-1S"));
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("redis", b -> TieredCache.<Long, String>builder("c").maximumSize(1)),
                mistake("keyPrefix", b -> b.keyPrefix("{x}")),
                mistake("maximumWeight", b -> b.maximumWeight(0, (k, v) -> 1)),
                mistake("timeToLive", b -> b.timeToLive(Duration.ZERO)),
                mistake("timeToLive", b -> b.timeToLive(Duration.ofDays(366))),
                mistake("leaseTime", b -> b.leaseTime(Duration.ZERO)),
                mistake("maxStale", b -> b.maxStale(Duration.ofMillis(999))),
                mistake("replayWindow", b -> b.replayWindow(Duration.ofSeconds(9))),
                mistake("tier2Timeout", b -> b.tier2Timeout(Duration.ZERO)),
                mistake("maximumJournal", b -> b.maximumJournal(0)),
                mistake("maximumBarriers", b -> b.maximumBarriers(19_999)));
    }

    private static Arguments mistake(String property, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        return Arguments.of(property, change);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void build_withOneMistake_namesTheProperty(
            String property, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        TieredCacheBuilder<Long, String> builder = change.apply(TieredCache.<Long, String>builder("c")
                .redis(RedisLink.disabled())
                .maximumSize(1));
        assertThatThrownBy(builder::build)
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e ->
                        assertThat(e.problems()).extracting(Problem::property).containsExactly(property));
    }

    @Test
    void build_withRedisButNoCodec_namesTheCodec() {
        try (RedisLink link = RedisLink.connect("redis://127.0.0.1:1")) {
            TieredCacheBuilder<Long, String> builder =
                    TieredCache.<Long, String>builder("c").redis(link).maximumSize(1);
            assertThatThrownBy(builder::build)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("codec")
                    .hasMessageContaining("JsonCodec");
        }
    }
}
