package dev.holdfast.cache;

import static dev.holdfast.cache.Node.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.Steps.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A load, or an early refresh, that has read the old value when another node invalidates it in one way or another. */
class OvertakenLoadTest extends SharedRedis {
    /** Keys are "group:1", their values carry the tag "t". */
    enum How {
        KEY {
            @Override
            void invalidate(TieredCache<Long, String> cache) {
                cache.invalidate(1L);
            }
        },
        TAG {
            @Override
            void invalidate(TieredCache<Long, String> cache) {
                cache.invalidateTag("t");
            }
        },
        PREFIX {
            @Override
            void invalidate(TieredCache<Long, String> cache) {
                cache.invalidatePrefix("group:");
            }
        },
        ALL {
            @Override
            void invalidate(TieredCache<Long, String> cache) {
                cache.clear();
            }
        };

        abstract void invalidate(TieredCache<Long, String> cache);
    }

    private static final KeyCodec<Long> GROUPED = new KeyCodec<>() {
        @Override
        public String encode(Long key) {
            return "group:" + key;
        }

        @Override
        public Long decode(String text) {
            return Long.valueOf(text.substring(text.indexOf(':') + 1));
        }
    };

    private final ExecutorService refreshes = Executors.newCachedThreadPool();
    private final CountDownLatch refreshMayEnd = new CountDownLatch(1);
    private final AtomicBoolean refreshesWait = new AtomicBoolean();
    private Node a;
    private Node b;

    @BeforeEach
    void startNodes() {
        a = refreshing();
        b = refreshing();
    }

    @AfterEach
    void stopThreads() {
        refreshMayEnd.countDown();
        refreshes.shutdownNow();
    }

    /** A node whose every third hit or so loads again early. */
    private Node refreshing() {
        return node(builder -> builder.keyCodec(GROUPED)
                .tags(value -> Set.of("t"))
                .timeToLive(Duration.ofSeconds(10))
                .jitter(0)
                .earlyRefresh(100)
                .executor(refreshes)
                .loader(key -> {
                    Waiting.millis(100);
                    String value = source.load(key);
                    if (refreshesWait.get()) {
                        refreshMayEnd.await();
                    }
                    return value;
                }));
    }

    private void assertFreshEverywhere() {
        assertThat(a.get(1)).isEqualTo("k1 v1");
        assertThat(b.get(1)).isEqualTo("k1 v1");
        assertThat(refreshing().get(1)).as("from tier 2, or the source").isEqualTo("k1 v1");
    }

    private void invalidateOnBAndAwaitItOnA(How how) {
        long before = a.cache.coherence().applied();
        source.commit(1);
        how.invalidate(b.cache);
        await().until(() -> a.cache.coherence().applied() > before);
    }

    @ParameterizedTest
    @EnumSource
    void load_thatHasReadTheOldValue_isStoredNowhere(How how) throws Exception {
        try (Pauses.Hold hold = a.pauses.hold(Step.SOURCE_ANSWERED)) {
            CompletableFuture<String> slow = a.getInBackground(1);
            hold.awaitReached();
            invalidateOnBAndAwaitItOnA(how);
            hold.release();
            assertThat(finish(slow)).as("asked before").isEqualTo("k1 v0");
        }
        assertFreshEverywhere();
    }

    @ParameterizedTest
    @EnumSource
    void refresh_thatHasReadTheOldValue_isStoredNowhere(How how) throws Exception {
        a.get(1);
        try (Pauses.Hold hold = a.pauses.hold(Step.SOURCE_ANSWERED)) {
            await().until(() -> a.get(1).equals("k1 v0") && a.cache.stats().earlyRefreshes() > 0);
            hold.awaitReached();
            invalidateOnBAndAwaitItOnA(how);
            assertThat(a.get(1)).as("does not join the refresh").isEqualTo("k1 v1");
            hold.release();
        }
        refreshes.shutdown();
        assertThat(refreshes.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertFreshEverywhere();
    }

    @Test
    void refresh_ofAHotKeyOnTwoNodes_isOneLoad() throws Exception {
        a.get(1);
        await().until(() -> a.cache.stats().fills() == 1);
        b.get(1);
        refreshesWait.set(true);
        await().until(() -> source.reads() == 1
                && a.get(1).equals("k1 v0")
                && a.cache.stats().earlyRefreshes() > 0);
        await().until(() -> source.reads() == 2);
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Node node = i % 2 == 0 ? a : b;
            callers.add(node.inBackground(() -> {
                for (int hit = 0; hit < 200; hit++) {
                    assertThat(node.get(1)).isEqualTo("k1 v0");
                }
            }));
        }
        for (CompletableFuture<Void> caller : callers) {
            finish(caller);
        }
        assertThat(source.reads()).as("the first load, and one refresh").isEqualTo(2);
    }
}
