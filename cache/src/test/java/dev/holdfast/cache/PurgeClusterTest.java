package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Freeing the memory of invalid values that lie on three primaries. */
@Servers
@Tag("fault")
class PurgeClusterTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int KEYS = 300;

    private static RedisCluster redis;

    private final AtomicInteger loads = new AtomicInteger();
    private RedisLink link;
    private TieredCache<Long, String> cache;

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
    void fill() {
        redis.primaries().forEach(server -> server.command("FLUSHALL"));
        link = link();
        cache = cache(link);
        await().atMost(SOON).until(((CoherentCache<?, ?>) cache)::tier2Open);
        cache.getAll(keys());
        await().atMost(SOON).until(() -> cache.stats().fills() == KEYS);
    }

    @AfterEach
    void heal() {
        cache.close();
        link.close();
        redis.heal();
    }

    private static RedisLink link() {
        RedisLink link = RedisLink.builder("redis-cluster://"
                        + redis.nodes().stream()
                                .map(node -> node.host() + ":" + node.port())
                                .collect(Collectors.joining(",")))
                .commandTimeout(Duration.ofMillis(500))
                .connect();
        assertThat(link.awaitUp(SOON)).isTrue();
        return link;
    }

    /** Every third key is of the brand that will be invalidated. */
    private TieredCache<Long, String> cache(RedisLink on) {
        return TieredCache.<Long, String>builder("product")
                .redis(on)
                .codec(Codec.string())
                .maximumSize(1_000)
                .heartbeat(Duration.ofMillis(200))
                .tags(value -> Set.of(Long.parseLong(value) % 3 == 0 ? "brand:old" : "brand:new"))
                .loader(key -> {
                    loads.incrementAndGet();
                    return Long.toString(key);
                })
                .build();
    }

    private static List<Long> keys() {
        return LongStream.range(0, KEYS).boxed().toList();
    }

    private static int values(RedisServer primary) {
        return primary.command("KEYS", "hf:product:v1:*").texts().size();
    }

    private static int values() {
        return redis.primaries().stream().mapToInt(PurgeClusterTest::values).sum();
    }

    @Test
    void invalidValues_areDeletedOnEachPrimary_andAllOthersLive() {
        String foreign = "hf:product:v1:{foreign}";
        redis.primaryOf(foreign).command("SET", foreign, "not one of ours");
        assertThat(redis.primaries())
                .allSatisfy(primary -> assertThat(values(primary)).isGreaterThan(50));
        cache.invalidateTag("brand:old");

        assertThat(cache.purge(100_000)).isEqualTo(KEYS / 3);
        assertThat(cache.purge(100_000)).isZero();

        assertThat(values()).isEqualTo(KEYS - KEYS / 3 + 1);
        loads.set(0);
        try (RedisLink other = link();
                TieredCache<Long, String> fresh = cache(other)) {
            await().atMost(SOON).until(((CoherentCache<?, ?>) fresh)::tier2Open);
            Map<Long, String> all = fresh.getAll(keys());
            assertThat(all).hasSize(KEYS);
            assertThat(loads).hasValue(KEYS / 3);
        }
    }

    @Test
    void primaryFrozenInTheMiddle_isNamed_andTheOthersArePurged() throws Exception {
        cache.clear();
        List<RedisServer> primaries = redis.primaries();
        // Nobody takes the place of the one that will be frozen.
        redis.nodes().stream().filter(node -> !primaries.contains(node)).forEach(RedisServer::kill);

        CompletableFuture<Long> purge = CompletableFuture.supplyAsync(() -> cache.purge(100));
        await().atMost(SOON).until(() -> values() < KEYS);
        RedisServer victim = primaries.stream()
                .filter(primary -> values(primary) > 0)
                .reduce((first, second) -> values(first) > values(second) ? first : second)
                .orElseThrow();
        int left = values(victim);
        victim.pause();

        assertThatThrownBy(() -> purge.get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(RedisException.class)
                .hasMessageContaining("cache 'product': purge deleted ")
                .hasMessageContaining("did not get to the end on " + victim.host() + ":" + victim.port() + ":");
        assertThat(primaries.stream().filter(primary -> primary != victim))
                .allSatisfy(primary -> assertThat(values(primary)).isZero());

        victim.resume();
        AtomicInteger deleted = new AtomicInteger();
        await().atMost(SOON)
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(() -> deleted.addAndGet((int) cache.purge(100_000)) >= 0 && values() == 0);
        // What was asked of the frozen one it may have done when it woke.
        assertThat(deleted.get()).isBetween(left - 100, left);
    }

    @Test
    void interruption_endsThePurge_andWhatIsLeftCanBePurgedLater() throws Exception {
        cache.clear();
        CompletableFuture<Long> deleted = new CompletableFuture<>();
        Thread purging = new Thread(() -> {
            try {
                deleted.complete(cache.purge(50));
            } catch (RuntimeException e) {
                deleted.completeExceptionally(e);
            }
        });
        purging.start();
        await().atMost(SOON).until(() -> values() < KEYS);

        purging.interrupt();

        await().atMost(SOON).until(deleted::isDone);
        assertThat(values()).isPositive();
        assertThat(cache.purge(100_000)).isPositive();
        assertThat(values()).isZero();
    }
}
