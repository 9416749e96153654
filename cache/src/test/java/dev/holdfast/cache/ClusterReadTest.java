package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Bulk reads whose keys lie on several servers. */
@Servers
class ClusterReadTest {
    private final Source source = new Source();
    private final Queue<Set<Long>> bulkLoads = new ConcurrentLinkedQueue<>();

    private Node node(RedisCluster cluster) {
        String uri = "redis-cluster://" + String.join(",", cluster.uris()).replace("redis://", "");
        return new Node(
                        uri,
                        source,
                        builder -> builder.bulkLoader(keys -> {
                            bulkLoads.add(Set.copyOf(keys));
                            return source.loadAll(keys);
                        }))
                .awaitInStep();
    }

    @Test
    void getAll_overAllSlots_keepsTheOrder_loadsOnceInBulk_andNothingMoreForOneCorruptValue(RedisCluster cluster) {
        List<Long> keys = new ArrayList<>(LongStream.range(0, 50).boxed().toList());
        Collections.shuffle(keys, new Random(9));
        try (Node a = node(cluster);
                Node b = node(cluster)) {
            assertThat(a.cache.getAll(keys).keySet()).containsExactlyElementsOf(keys);
            assertThat(bulkLoads).containsExactly(Set.copyOf(keys));
            await().until(() -> a.cache.stats().fills() == 50);

            String corrupt = "hf:fleet:v1:{17}";
            cluster.primaryOf(corrupt).command("SETRANGE", corrupt, "20", "garbage");
            bulkLoads.clear();
            assertThat(b.cache.getAll(keys).keySet()).containsExactlyElementsOf(keys);
            assertThat(b.cache.stats().tier2Hits()).isEqualTo(49);
            assertThat(b.cache.stats().undecodable()).isEqualTo(1);
            assertThat(bulkLoads).containsExactly(Set.of(17L));
        }
    }
}
