package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.FleetPlan.About;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisReply;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two releases share a cache, each with a version of the envelope that the other does not know. */
class RollingDeployTest extends SharedRedis {
    private static final String VALUE = "hf:fleet:v1:{1}";

    private Node before;
    private Node after;

    @BeforeEach
    void startNodes() {
        before = node(false);
        after = node(true);
    }

    private Node node(boolean next) {
        RedisLink link = RedisLink.connect(redis.uri());
        return add(new Node(next ? new NextRelease(link) : link, source, builder -> builder.tags(value -> Set.of("t"))))
                .awaitInStep();
    }

    private int versionInTier2() {
        RedisReply reply = redis.command("GET", VALUE);
        return reply.isNull() ? 0 : reply.bytes()[2];
    }

    @Test
    void valueOfTheOtherRelease_isAMissThatIsCounted_andIsReplaced() {
        for (boolean next : new boolean[] {true, false}) {
            redis.command("DEL", VALUE);
            Node writer = node(next);
            writer.get(1);
            await().until(() -> versionInTier2() == (next ? 2 : 1));
            long reads = source.reads();
            Node reader = node(!next);
            assertThat(reader.get(1)).isEqualTo("k1 v0");
            assertThat(source.reads()).as("a miss").isEqualTo(reads + 1);
            assertThat(reader.cache.stats().undecodable()).isEqualTo(1);
            assertThat(reader.cache.stats().tier2Failures()).isZero();
            await().until(() -> versionInTier2() == (next ? 1 : 2));
            assertThat(node(!next).get(1)).isEqualTo("k1 v0");
            assertThat(source.reads()).as("a hit for its own release").isEqualTo(reads + 1);
        }
    }

    @Test
    void valuesOfBothReleases_readAllAtOnce_areEachFoundOnce() throws Exception {
        List<Long> keys = LongStream.range(0, 40).boxed().toList();
        before.cache.getAll(keys.subList(0, 20));
        after.cache.getAll(keys.subList(20, 40));
        await().until(() ->
                before.cache.stats().fills() == 20 && after.cache.stats().fills() == 20);
        long reads = source.reads();
        Map<Long, String> found = node(true).cache.async().getAll(keys).get();
        assertThat(found.keySet()).containsExactlyElementsOf(keys);
        assertThat(source.reads()).as("what the other release wrote").isEqualTo(reads + 20);
        assertThat(node(false).cache.getAll(keys)).isEqualTo(found);
    }

    @Test
    void writes_ofEitherRelease_reachTheOther() {
        for (Node writer : List.of(before, after)) {
            Node other = writer == before ? after : before;
            other.get(1);
            writer.get(1);
            await().until(() -> versionInTier2() > 0);
            source.commit(1);
            writer.cache.invalidate(1L);
            assertThat(versionInTier2()).as("deleted, whoever wrote it").isZero();
            assertThat(writer.get(1)).isEqualTo(source.value(1));
            await().untilAsserted(() -> assertThat(other.get(1)).isEqualTo(source.value(1)));

            source.commit(1);
            writer.cache.invalidateTag("t");
            assertThat(writer.get(1)).isEqualTo(source.value(1));
            await().untilAsserted(() -> assertThat(other.get(1)).isEqualTo(source.value(1)));

            source.commit(1);
            writer.cache.put(1L, source.value(1));
            await().untilAsserted(() -> assertThat(other.get(1)).isEqualTo(source.value(1)));
            assertThat(node(writer == before).get(1)).isEqualTo(source.value(1));
            assertThat(node(writer == after).get(1)).isEqualTo(source.value(1));
        }
    }

    @Test
    @Tag("fault")
    @Timeout(300)
    void fleet_ofBothReleasesUnderFaults_keepsTheGuarantee() {
        AtomicInteger started = new AtomicInteger();
        try (Fleet fleet =
                Fleet.behindProxies(redis, link -> started.incrementAndGet() % 2 == 0 ? new NextRelease(link) : link)) {
            for (long seed = 701; seed <= 703; seed++) {
                FleetPlan plan = new FleetPlan(seed, About.ANYTHING);
                Random random = new Random(~seed);
                FleetFaults faults = FleetFaults.ofServer(plan, random, redis, fleet);
                assertThat(HistoryTest.run(plan, random, fleet, faults, () -> redis, 1_000))
                        .as("what broke the guarantee, seed " + seed)
                        .isNull();
            }
        }
    }
}
