package dev.holdfast.cache;

import static dev.holdfast.cache.Node.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.Steps.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Invalidations and puts that Redis does not take as they come: refused, too many, overtaken, or broken half-way. */
class WritesTest extends SharedRedis {
    private static final String CONTROL = "{hf:fleet}:ctl";
    private static final String VALUE = "hf:fleet:v1:{1}";

    @AfterEach
    void takeWhatIsOwed() {
        acceptWrites();
    }

    /** As a server does that lost its replicas or cannot save: reads go on, no connection breaks. */
    private static void refuseWrites() {
        redis.command("CONFIG", "SET", "min-replicas-to-write", "1");
    }

    private static void acceptWrites() {
        redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    }

    @Test
    void invalidation_refusedOverSeveralHeartbeats_reachesTheOthersOnceItIsTaken() {
        Node a = node(builder -> builder);
        Node b = node(builder -> builder);
        a.get(1);
        await().until(() -> exists(VALUE));
        b.get(1);
        refuseWrites();
        source.commit(1);
        long failures = a.cache.stats().tier2Failures();
        a.cache.invalidate(1L);
        await().until(() -> a.cache.stats().tier2Failures() >= failures + 2); // the invalidation and a heartbeat
        assertThat(a.get(1))
                .as("tier 2 still has the old value, and is not asked")
                .isEqualTo("k1 v1");
        acceptWrites();
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
    }

    @Test
    void invalidateAll_underThrow_holdsForEveryChunkAlthoughTheFirstFailed() {
        Node a = node(builder -> builder.whenRedisAway(OutagePolicy.THROW));
        Node b = node(builder -> builder);
        List<Long> keys = LongStream.range(0, 1_200).boxed().toList();
        a.cache.getAll(keys);
        await().until(() -> a.cache.stats().fills() == keys.size());
        b.cache.getAll(keys);
        refuseWrites();
        keys.forEach(source::commit);
        assertThatThrownBy(() -> a.cache.invalidateAll(keys))
                .isInstanceOf(InvalidationPendingException.class)
                .hasMessageContaining("1200 invalidations hold on this node");
        assertThat(a.get(1_199)).isEqualTo("k1199 v1");
        acceptWrites();
        await().untilAsserted(() -> assertThat(b.cache.getAll(keys))
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key))));
    }

    @Test
    void putAll_underThrow_holdsForEveryChunkAlthoughTheFirstFailed() {
        Node a = node(builder -> builder.whenRedisAway(OutagePolicy.THROW));
        Node b = node(builder -> builder);
        List<Long> keys = LongStream.range(0, 600).boxed().toList();
        b.cache.getAll(keys);
        refuseWrites();
        Map<Long, String> values = new LinkedHashMap<>();
        keys.forEach(key -> {
            source.commit(key);
            values.put(key, source.value(key));
        });
        assertThatThrownBy(() -> a.cache.putAll(values)).isInstanceOf(InvalidationPendingException.class);
        assertThat(a.get(599)).isEqualTo("k599 v1");
        acceptWrites();
        await().untilAsserted(() -> assertThat(b.cache.getAll(keys))
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key))));
    }

    @Test
    void journal_fullOfAcknowledgedInvalidations_closesNothingAndInvalidatesNothing() {
        Node a = node(builder -> builder.maximumJournal(10));
        Node b = node(builder -> builder);
        b.get(100);
        double floor = redis.command("ZSCORE", CONTROL, "!floor").number();
        for (long key = 0; key < 30; key++) {
            a.cache.invalidate(key);
        }
        a.get(1);
        await().untilAsserted(() ->
                assertThat(a.cache.stats().fills()).as("tier 2 is in use").isEqualTo(1));
        assertThat(redis.command("ZSCORE", CONTROL, "!floor").number()).isEqualTo((long) floor);
        redis.command("DEL", CONTROL);
        await().until(() -> a.cache.tier2Open() && b.cache.tier2Open() && exists(CONTROL));
    }

    @Test
    void journal_overflowingWithPendingInvalidations_isSettledWithoutAReconnect() {
        Node a = node(builder -> builder.maximumJournal(10));
        Node b = node(builder -> builder);
        b.get(1);
        source.commit(1);
        a.cache.invalidateAll(LongStream.range(0, 30).boxed().toList());
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        await().untilAsserted(() -> {
            a.get(2);
            a.cache.invalidate(2L);
            assertThat(a.cache.stats().fills()).as("tier 2 is in use again").isPositive();
        });
    }

    @Test
    void put_thatLostItsLease_leavesNoOlderValueBehindItsBarrier() throws Exception {
        Node a = node(builder -> builder);
        Node b = node(builder -> builder);
        a.get(1);
        await().until(() -> exists(VALUE));
        try (Pauses.Hold hold = b.pauses.hold(Step.PUT_STAMPED)) {
            source.commit(1);
            CompletableFuture<Void> put = b.inBackground(() -> b.cache.put(1L, source.value(1)));
            hold.awaitReached();
            redis.command("DEL", "hf:fleet:l:{1}"); // as its expiry does under a long pause
            hold.release();
            finish(put);
        }
        redis.command("ZREM", CONTROL, "k:1"); // as pruning does after its horizon
        assertThat(start(builder -> builder).get(1)).isEqualTo("k1 v1");
    }

    @Test
    void put_overtakenByAnInvalidationAndThenRefused_isNotKeptHere() throws Exception {
        Node a = node(builder -> builder);
        Node b = node(builder -> builder);
        try (Pauses.Hold hold = a.pauses.hold(Step.PUT_STAMPED)) {
            source.commit(1);
            String value = source.value(1);
            CompletableFuture<Void> put = a.inBackground(() -> a.cache.put(1L, value));
            hold.awaitReached();
            source.commit(1);
            long before = a.cache.stats().invalidationsReceived();
            b.cache.invalidate(1L);
            b.cache.invalidate(2L);
            await().until(() -> a.cache.stats().invalidationsReceived() >= before + 2);
            refuseWrites();
            hold.release();
            finish(put);
        }
        assertThat(a.get(1)).isEqualTo("k1 v2");
    }

    @Test
    void putAll_withAValueThatCannotBeEncoded_storesNoneOfThem() {
        Codec<String> codec = new Codec<>() {
            @Override
            public byte[] encode(String value) throws IOException {
                if (value.equals("bad")) {
                    throw new IOException("no can do");
                }
                return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] bytes) {
                return new String(bytes, StandardCharsets.UTF_8);
            }

            @Override
            public int id() {
                return 300;
            }
        };
        Node a = node(builder -> builder.codec(codec));
        Map<Long, String> values = new LinkedHashMap<>();
        LongStream.range(0, 600).forEach(key -> values.put(key, "good"));
        values.put(600L, "bad");
        assertThatThrownBy(() -> a.cache.putAll(values)).isInstanceOf(CodecException.class);
        assertThat(a.cache.stats().fills()).isZero();
        assertThat(a.cache.stats().tier1Size()).isZero();
    }

    @Test
    void put_brokenByAWeigher_doesNotShutTier2ForItsKey() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Node a = node(builder -> builder.maximumWeight(1_000, (key, value) -> {
            if (broken.get()) {
                throw new IllegalStateException("cannot weigh");
            }
            return 1;
        }));
        assertThatThrownBy(() -> a.cache.put(1L, "v")).hasMessage("cannot weigh");
        broken.set(false);
        await().until(
                        () -> { // The journal deletes what the put left, and announces it.
                            a.get(1);
                            a.cache.coherence().fence(List.of(1L)); // so that the next read asks tier 2
                            return a.cache.stats().tier2Hits() > 0;
                        });
        assertThat(a.get(1)).isEqualTo("k1 v0");
    }
}
