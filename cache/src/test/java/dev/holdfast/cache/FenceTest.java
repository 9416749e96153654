package dev.holdfast.cache;

import static dev.holdfast.cache.Node.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invalidations without a stamp, since Redis cannot be told: nothing of this node may step over them either. */
@Tag("fault")
class FenceTest extends SharedRedis {
    private final FaultProxy proxy = FaultProxy.to(redis.host(), redis.port());
    private Node a;
    private Node b;

    @BeforeEach
    void startNodes() {
        RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .commandTimeout(Duration.ofMillis(500))
                .connect();
        a = new Node(link, source, builder -> builder.leaseTime(Duration.ofMillis(100))).awaitInStep();
        b = new Node(redis.uri(), source).awaitInStep();
    }

    @AfterEach
    void stopNodes() {
        a.close();
        b.close();
        proxy.close();
    }

    private void cutOff() {
        proxy.cutAndReset();
        await().until(() -> a.link.state() == LinkState.DOWN);
    }

    @Test
    void load_thatATagBarrierClosedAndANewerOneOutran_isFencedAllTheSame() throws Exception {
        try (Pauses.Hold hold = a.pauses.hold(Step.SOURCE_ANSWERED)) {
            CompletableFuture<String> slow = a.getInBackground(1);
            hold.awaitReached();
            long before = a.cache.stats().invalidationsReceived();
            b.cache.invalidateTag("of something else");
            await().until(() -> a.cache.stats().invalidationsReceived() > before);
            assertThat(a.get(1)).as("a newer load, which lands").isEqualTo("k1 v0");
            cutOff();
            source.commit(1);
            a.cache.invalidate(1L);
            hold.release();
            assertThat(finish(slow)).as("asked before").isEqualTo("k1 v0");
        }
        assertThat(a.get(1)).isEqualTo("k1 v1");
    }

    @Test
    void put_overtakenByAnInvalidationThatRedisCouldNotBeTold_isNotKept() throws Exception {
        try (Pauses.Hold hold = a.pauses.hold(Step.PUT_STAMPED)) {
            CompletableFuture<Void> put = a.inBackground(() -> a.cache.put(1L, source.value(1)));
            hold.awaitReached();
            cutOff();
            source.commit(1);
            a.cache.invalidate(1L);
            hold.release();
            finish(put);
        }
        assertThat(a.get(1)).isEqualTo("k1 v1");
    }

    @Test
    void put_thatRedisCouldNotBeTold_isKeptOnThisNode() {
        cutOff();
        source.commit(1);
        a.cache.put(1L, source.value(1));
        assertThat(a.get(1)).isEqualTo("k1 v1");
        assertThat(source.reads()).isZero();
    }

    @Test
    void load_thatOutlastsTheBarrierOfItsTag_isNotStored() throws Exception {
        try (Node brief = new Node(
                                redis.uri(),
                                source,
                                builder -> builder.timeToLive(Duration.ofMillis(500))
                                        .leaseTime(Duration.ofMillis(50))
                                        .heartbeat(Duration.ofMillis(20))
                                        .replayWindow(Duration.ofMillis(50))
                                        .tags(value -> Set.of("t")))
                        .awaitInStep();
                Pauses.Hold hold = brief.pauses.hold(Step.SOURCE_ANSWERED)) {
            CompletableFuture<String> slow = brief.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            brief.cache.invalidateTag("t");
            await().until(() -> brief.cache.coherence().barriers().size() == 0);
            hold.release();
            assertThat(finish(slow)).as("asked before").isEqualTo("k1 v0");
            assertThat(brief.cache.asMap()).isEmpty();
            assertThat(brief.get(1)).isEqualTo("k1 v1");
        }
    }
}
