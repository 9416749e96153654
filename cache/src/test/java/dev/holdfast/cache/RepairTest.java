package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A node that goes on under odd conditions: a long log, a broken codec, a slow source, strange values in tier 2. */
class RepairTest extends SharedRedis {
    private static final String CONTROL = "{hf:fleet}:ctl";
    private static final String VALUE = "hf:fleet:v1:{1}";

    @Test
    void resubscription_repairsWhatWasMissed_withoutWaitingForAHeartbeat() {
        Node a = start(builder -> builder.heartbeat(Duration.ofMinutes(1))).awaitInStep();
        Node b = start(builder -> builder.heartbeat(Duration.ofMinutes(1))).awaitInStep();
        long repaired = 0;
        for (int round = 1; round <= 50 && repaired == 0; round++) {
            String old = b.get(1);
            source.commit(1);
            redis.command("CLIENT", "KILL", "TYPE", "pubsub");
            a.cache.invalidate(1L);
            String now = "k1 v" + round;
            await().atMost(5, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(b.get(1)).isEqualTo(now).isNotEqualTo(old));
            repaired = b.cache.stats().repairs();
        }
        assertThat(repaired).as("an invalidation that only the repair brought").isPositive();
    }

    @Test
    void close_underLoad_givesCallersAValueOrATypedError() throws Exception {
        Node node = start(builder -> builder.loader(key -> {
                    Thread.onSpinWait();
                    return source.load(key);
                }))
                .awaitInStep();
        AtomicBoolean closed = new AtomicBoolean();
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        CountDownLatch running = new CountDownLatch(8);
        for (int t = 0; t < 8; t++) {
            callers.add(node.inBackground(() -> {
                for (long key = 0; ; key++) {
                    try {
                        assertThat(node.get(key % 500)).startsWith("k" + key % 500);
                        if (key % 7 == 0) {
                            node.cache.invalidate(key % 500);
                        }
                    } catch (IllegalStateException e) {
                        assertThat(closed).isTrue();
                        assertThat(e).hasMessageContaining("is closed");
                        return;
                    }
                    if (key == 1_000) {
                        running.countDown();
                    }
                }
            }));
        }
        assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
        closed.set(true);
        node.cache.close();
        for (CompletableFuture<Void> caller : callers) {
            Node.finish(caller);
        }
        assertThat(node.cache.stats().tier1Size()).isZero();
    }

    @Test
    void log_tooLongToBeReadWithinTheTimeOfOneRead_isReadAllTheSame() {
        start(builder -> builder).awaitInStep().cache.invalidate(1L);
        redis.command(
                "EVAL",
                "local s = redis.call('ZSCORE', KEYS[1], '!stamp') "
                        + "for i = 1, 90000 do redis.call('ZADD', KEYS[1], s, 'k:' .. i) end",
                "1",
                CONTROL);
        Node hasty = start(builder -> builder.tier2Timeout(Duration.ofMillis(3)));
        await().untilAsserted(() -> assertThat(hasty.cache.tier2Open()).isTrue());
    }

    @Test
    void heartbeat_afterAnErrorOfTheKeyCodec_goesOn() {
        AtomicBoolean broken = new AtomicBoolean();
        KeyCodec<Long> codec = new KeyCodec<>() {
            @Override
            public String encode(Long key) {
                return key.toString();
            }

            @Override
            public Long decode(String text) {
                if (broken.get()) {
                    throw new StackOverflowError("too deep");
                }
                return Long.valueOf(text);
            }
        };
        Node a = start(builder -> builder).awaitInStep();
        Node b = start(builder -> builder.keyCodec(codec)).awaitInStep();
        b.get(1);
        broken.set(true);
        long failures = b.cache.stats().tier2Failures();
        source.commit(1);
        a.cache.invalidate(1L);
        await().until(() -> b.cache.stats().tier2Failures() > failures);
        broken.set(false);
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
    }

    @Test
    void foreignValue_withGarbageWhereAStampWouldBe_isReplaced() {
        redis.command("SET", VALUE, "some long text that another program left here");
        Node a = start(builder -> builder).awaitInStep();
        assertThat(a.get(1)).isEqualTo("k1 v0");
        await().untilAsserted(() -> assertThat(a.cache.stats().fills()).isEqualTo(1));
        assertThat(start(builder -> builder).awaitInStep().get(1)).isEqualTo("k1 v0");
        assertThat(source.reads()).isEqualTo(1);
    }

    @Test
    void load_thatTakesLongerThanItsLease_isKeptInTier1() {
        Node a = start(builder -> builder.leaseTime(Duration.ofMillis(50)).loader(key -> {
                    await().until(() -> !exists("hf:fleet:l:{" + key + "}"));
                    return source.load(key);
                }))
                .awaitInStep();
        assertThat(a.get(1)).isEqualTo("k1 v0");
        a.cache.invalidate(2L); // a round trip later than any fill
        assertThat(a.get(1)).isEqualTo("k1 v0");
        assertThat(source.reads()).isEqualTo(1);
    }

    @Test
    void getAll_whoseLoaderFails_doesNotFailWhoJoinedAKeyThatTier2Had() throws Exception {
        CountDownLatch decoding = new CountDownLatch(1);
        CountDownLatch joined = new CountDownLatch(1);
        Codec<String> codec = new Codec<>() {
            @Override
            public byte[] encode(String value) {
                return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] bytes) throws InterruptedException {
                decoding.countDown();
                if (!joined.await(10, TimeUnit.SECONDS)) {
                    throw new AssertionError("nobody let it go");
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }

            @Override
            public int id() {
                return 300;
            }
        };
        Node a = start(builder -> builder.codec(codec)).awaitInStep();
        a.get(1);
        await().until(() -> exists(VALUE));
        Node b = start(builder -> builder.codec(codec).bulkLoader(keys -> {
                    throw new IllegalStateException("away");
                }))
                .awaitInStep();
        CompletableFuture<Map<Long, String>> all = CompletableFuture.supplyAsync(() -> b.cache.getAll(List.of(1L, 2L)));
        assertThat(decoding.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<String> one = new CompletableFuture<>();
        Thread joiner = new Thread(() -> {
            try {
                one.complete(b.get(1));
            } catch (Throwable failure) {
                one.completeExceptionally(failure);
            }
        });
        joiner.start();
        await().until(() -> joiner.getState() == Thread.State.TIMED_WAITING);
        joined.countDown();
        assertThat(Node.finish(one)).isEqualTo("k1 v0");
        assertThatThrownBy(all::join).hasCauseInstanceOf(CacheLoadException.class);
    }
}
