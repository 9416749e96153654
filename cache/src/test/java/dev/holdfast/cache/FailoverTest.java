package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The cache on Sentinel and Cluster: what it promises holds across a failover, without a new link. */
@Servers
@Tag("fault")
class FailoverTest {
    private final Source source = new Source();

    private Node node(String uri) {
        RedisLink link =
                RedisLink.builder(uri).commandTimeout(Duration.ofMillis(500)).connect();
        return new Node(link, source, builder -> builder);
    }

    private void changeAndExpectItEverywhere(Node a, Node b, long key) {
        source.commit(key);
        a.cache.invalidate(key);
        assertThat(a.get(key)).isEqualTo(source.value(key));
        await().atMost(10, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(b.get(key)).isEqualTo(source.value(key)));
    }

    /** What one node loads is found in tier 2 by the other. */
    private void usesTier2(Node a, Node b, long firstKey) {
        await().atMost(60, TimeUnit.SECONDS).until(() -> a.cache.tier2Open() && b.cache.tier2Open());
        AtomicLong key = new AtomicLong(firstKey);
        await().atMost(30, TimeUnit.SECONDS).until(() -> {
            a.get(key.incrementAndGet()); // fills in the background, so the other node asks for the key before
            long hits = b.cache.stats().tier2Hits();
            b.get(key.get() - 1);
            return b.cache.stats().tier2Hits() > hits;
        });
    }

    @Test
    void sentinel_primaryKilled_staysCoherentAndUsesTier2Again(@Exclusive RedisSentinel redis) {
        try (Node a = node(redis.uri()).awaitInStep();
                Node b = node(redis.uri()).awaitInStep()) {
            a.cache.getAll(LongStream.range(0, 50).boxed().toList());
            b.cache.getAll(LongStream.range(0, 50).boxed().toList());
            changeAndExpectItEverywhere(a, b, 1);
            long reissued = a.cache.stats().reissued();
            redis.killPrimary();
            source.commit(2);
            a.cache.invalidate(2L);
            assertThat(a.get(2)).as("while nobody is primary").isEqualTo("k2 v1");
            usesTier2(a, b, 1_000);
            assertThat(a.cache.stats().reissued()).isGreaterThan(reissued);
            for (long key = 0; key < 50; key++) {
                assertThat(a.get(key)).isEqualTo(source.value(key));
                assertThat(b.get(key)).isEqualTo(source.value(key));
            }
        }
    }

    @Test
    void sentinel_primaryFrozenUntilAnotherIsPromoted_bringsNothingOldBack(@Exclusive RedisSentinel redis) {
        try (Node a = node(redis.uri()).awaitInStep();
                Node b = node(redis.uri()).awaitInStep()) {
            List<Long> keys = LongStream.range(0, 50).boxed().toList();
            a.cache.getAll(keys);
            await().until(() -> a.cache.stats().fills() == 50);
            b.cache.getAll(keys);
            RedisServer frozen = redis.pausePrimary();
            keys.forEach(source::commit);
            a.cache.invalidateAll(keys);
            a.cache.invalidateTag("any");
            assertThat(a.cache.getAll(keys))
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key)));
            redis.awaitReplacementOf(frozen);
            frozen.resume(); // with all it held
            usesTier2(a, b, 1_000);
            for (int round = 0; round < 20; round++) {
                for (long key : keys) {
                    assertThat(a.get(key)).isEqualTo(source.value(key));
                }
            }
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(b.cache.getAll(keys))
                            .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key))));
        }
    }

    @Test
    void cluster_bulkReadsAndInvalidations_spanSlotsAndSurviveTheLossOfAPrimary(@Exclusive RedisCluster redis) {
        try (Node a = node(clusterUri(redis)).awaitInStep();
                Node b = node(clusterUri(redis)).awaitInStep()) {
            List<Long> keys = LongStream.range(0, 50).boxed().toList();
            Map<Long, String> first = a.cache.getAll(keys);
            await().until(() -> a.cache.stats().fills() == 50);
            assertThat(b.cache.getAll(keys)).isEqualTo(first);
            assertThat(b.cache.stats().tier2Hits()).isEqualTo(50);
            assertThat(source.reads()).isEqualTo(50);
            keys.forEach(source::commit);
            a.cache.invalidateAll(keys);
            await().untilAsserted(() -> assertThat(b.cache.getAll(keys))
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key))));
            a.cache.put(7L, source.value(7));

            redis.primaryOf("{hf:fleet}:ctl").kill();
            source.commit(9);
            a.cache.invalidate(9L);
            assertThat(a.get(9)).isEqualTo("k9 v2");
            usesTier2(a, b, 1_000);
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(b.cache.getAll(keys))
                            .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key))));
        }
    }

    private static String clusterUri(RedisCluster redis) {
        return "redis-cluster://" + String.join(",", redis.uris()).replace("redis://", "");
    }
}
