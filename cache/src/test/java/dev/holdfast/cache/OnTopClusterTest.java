package dev.holdfast.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.revocation.RevocationList;
import dev.holdfast.cache.revocation.WhenUnknown;
import dev.holdfast.cache.warming.CacheWarmer;
import dev.holdfast.cache.warming.KeySource;
import dev.holdfast.cache.warming.WarmOutcome;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What stands on the cache, where its keys lie on several servers. */
@Servers
class OnTopClusterTest {
    private static RedisLink link(RedisCluster cluster) {
        RedisLink link = RedisLink.connect("redis-cluster://"
                + cluster.nodes().stream()
                        .map(node -> node.host() + ":" + node.port())
                        .collect(Collectors.joining(",")));
        assertThat(link.awaitUp(Duration.ofSeconds(20))).isTrue();
        return link;
    }

    private static RevocationList list(RedisLink link) {
        return RevocationList.builder("tokens")
                .redis(link)
                .whenUnknown(WhenUnknown.REJECT)
                .maximumTokenLife(Duration.ofHours(24))
                .build();
    }

    @Test
    void revocations_onACluster_reachTheOtherNode(RedisCluster cluster) {
        try (RedisLink linkA = link(cluster);
                RedisLink linkB = link(cluster);
                RevocationList a = list(linkA);
                RevocationList b = list(linkB)) {
            Map<String, Instant> tokens = IntStream.range(0, 300)
                    .mapToObj(i -> "t" + i)
                    .collect(Collectors.toMap(
                            Function.identity(), id -> Instant.now().plusSeconds(3_600)));
            assertThat(tokens.keySet()).noneMatch(b::isRevoked);
            a.revokeAll(tokens);
            a.revokeSubject("user7", Instant.now());
            assertThat(a.pending()).isZero();
            await().atMost(30, SECONDS)
                    .untilAsserted(() -> assertThat(tokens.keySet()).allMatch(b::isRevoked));
            await().atMost(30, SECONDS)
                    .untilAsserted(() -> assertThat(b.isRevoked("other", "user7", Instant.EPOCH))
                            .isTrue());
            assertThat(b.isRevoked("t300")).isFalse();
        }
    }

    @Test
    void warmer_onACluster_holdsItsLease(RedisCluster cluster) throws Exception {
        try (RedisLink link = link(cluster);
                TieredCache<Long, String> cache = TieredCache.<Long, String>builder("product")
                        .redis(link)
                        .codec(Codec.string())
                        .maximumSize(1_000)
                        .bulkLoader(
                                keys -> keys.stream().collect(Collectors.toMap(Function.identity(), key -> "v" + key)))
                        .build();
                CacheWarmer<Long> warmer = CacheWarmer.builder(cache)
                        .keys(KeySource.listed(
                                () -> LongStream.range(0, 300).boxed().toList()))
                        .redis(link)
                        .startDelay(Duration.ofHours(1))
                        .start()) {
            assertThat(warmer.warmNow().get(20, SECONDS))
                    .satisfies(result -> assertThat(result.outcome()).isEqualTo(WarmOutcome.COMPLETED))
                    .satisfies(result -> assertThat(result.found()).isEqualTo(300));
        }
    }
}
