package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loads, stores and invalidations of one node that cross at a chosen point. */
class LocalRaceTest {
    private static final HookedKey KEY = new HookedKey("k");

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicReference<String> source = new AtomicReference<>("old");

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private static <K> TieredCacheBuilder<K, String> builder() {
        return TieredCache.<K, String>builder("local")
                .redis(RedisLink.disabled())
                .maximumSize(1_000);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void invalidate_whileALoadStores_leavesNothingOlderWhereverTheyCross() throws Exception {
        for (int crossing = 1; crossing <= 6; crossing++) {
            source.set("old");
            CountDownLatch loaded = new CountDownLatch(1);
            CountDownLatch mayStore = new CountDownLatch(1);
            try (TieredCache<HookedKey, String> cache = LocalRaceTest.<HookedKey>builder()
                    .keyCodec(HookedKey.CODEC)
                    .loader(key -> {
                        String read = source.get();
                        loaded.countDown();
                        await(mayStore);
                        return read;
                    })
                    .build()) {
                Future<String> early = threads.submit(() -> cache.get(KEY));
                await(loaded);
                source.set("new");
                int here = crossing;
                AtomicInteger hashed = new AtomicInteger();
                HookedKey.hooked(
                        () -> {
                            if (hashed.incrementAndGet() == here) {
                                mayStore.countDown();
                                finish(early);
                            }
                        },
                        () -> cache.invalidate(KEY));
                mayStore.countDown();
                assertThat(finish(early)).isEqualTo("old");
                assertThat(cache.get(KEY)).as("crossing " + crossing).isEqualTo("new");
            }
        }
    }

    @Test
    void get_thatMissedTier1BeforeAnotherLoadLanded_doesNotLoadAgain() {
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<HookedKey, String> cache = LocalRaceTest.<HookedKey>builder()
                .keyCodec(HookedKey.CODEC)
                .loader(key -> "v" + loads.incrementAndGet())
                .build()) {
            AtomicInteger hashed = new AtomicInteger();
            HookedKey.hooked(
                    () -> {
                        if (hashed.incrementAndGet() == 2) { // after the look into tier 1, before the flight
                            finish(threads.submit(() -> cache.get(KEY)));
                        }
                    },
                    () -> assertThat(cache.get(KEY)).isEqualTo("v1"));
            assertThat(loads).hasValue(1);
        }
    }

    @Test
    void getAll_thatMissedTier1BeforeAnotherLoadLanded_doesNotLoadAgain() {
        AtomicInteger loads = new AtomicInteger();
        AtomicReference<Runnable> afterTheLookIntoTier1 = new AtomicReference<>(() -> {});
        KeyCodec<Long> codec = new KeyCodec<>() {
            @Override
            public String encode(Long key) {
                afterTheLookIntoTier1.getAndSet(() -> {}).run();
                return key.toString();
            }

            @Override
            public Long decode(String text) {
                return Long.valueOf(text);
            }
        };
        try (TieredCache<Long, String> cache = LocalRaceTest.<Long>builder()
                .keyCodec(codec)
                .loader(key -> "v" + loads.incrementAndGet())
                .build()) {
            afterTheLookIntoTier1.set(() -> finish(threads.submit(() -> cache.get(1L))));
            assertThat(cache.getAll(List.of(1L))).containsEntry(1L, "v1");
            assertThat(loads).hasValue(1);
        }
    }

    @Test
    void store_underWayWhenAGapTurnsOutToBePruned_isDroppedToo() {
        CountDownLatch inTheStore = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>) TieredCache.<Long, String>builder(
                        "local")
                .redis(RedisLink.disabled())
                .maximumWeight(100, (key, value) -> { // runs inside the exclusion, after the barriers were looked at
                    if (value.equals("old")) {
                        inTheStore.countDown();
                        await(mayEnd);
                    }
                    return 1;
                })
                .loader(key -> source.get())
                .build()) {
            cache.coherence().applyRead(new ControlLog.Read("e", 5, 1, 0, 5, 0, List.of(), false), 0);
            Future<String> early = threads.submit(() -> cache.get(1L));
            await(inTheStore);
            source.set("new");
            Future<?> repair = threads.submit(
                    () -> cache.coherence().applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 10, List.of(), false), 0));
            CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS).execute(mayEnd::countDown);
            finish(repair);
            assertThat(finish(early)).isEqualTo("old");
            assertThat(cache.get(1L)).isEqualTo("new");
        }
    }

    @Test
    void reading_thatWasCutShort_forbidsWhateverItsBarriersMightHave() {
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>)
                LocalRaceTest.<Long>builder().loader(key -> source.get()).build()) {
            Coherence<Long, String> coherence = cache.coherence();
            List<ControlLog.Barrier> oldest = List.of(new ControlLog.Barrier(Members.tag("t"), 3));
            coherence.applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 20, oldest, false), 0);
            assertThat(coherence.barriers().valid("1", new String[] {"another tag"}, 19))
                    .isFalse();
            assertThat(coherence.barriers().valid("1", new String[] {"another tag"}, 20))
                    .isTrue();
        }
    }

    @Test
    void reading_overtakenByAReplyOfItsHistory_doesNotForgetThatOnesBarriers() {
        for (boolean own : new boolean[] {true, false}) {
            try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>)
                    LocalRaceTest.<Long>builder().loader(key -> source.get()).build()) {
                Coherence<Long, String> coherence = cache.coherence();
                List<Member> tag = List.of(Members.tag("t"));
                if (own) {
                    coherence.applyOwn(new ControlLog.Minted("e", 20, 21, 1, 0), tag, coherence.decode(tag));
                } else {
                    coherence.receive(new ControlLog.Message("e", 20, 21, false, tag));
                }
                coherence.applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 0, List.of(), false), 0);
                assertThat(coherence.barriers().valid("1", new String[] {"t"}, 20))
                        .isFalse();
                assertThat(coherence.barriers().valid("1", new String[] {"t"}, 21))
                        .isTrue();
            }
        }
    }

    @Test
    void message_ofAnotherHistoryThatRaisesTheFloor_invalidatesEverythingBeforeTheRepair() {
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>)
                LocalRaceTest.<Long>builder().loader(key -> source.get()).build()) {
            cache.coherence().applyRead(new ControlLog.Read("e", 5, 1, 0, 5, 0, List.of(), false), 0);
            cache.get(1L);
            source.set("new");
            assertThat(cache.coherence().receive(new ControlLog.Message("other", 0, 9, true, List.of())))
                    .isTrue();
            assertThat(cache.get(1L)).isEqualTo("new");
        }
    }

    @Test
    void message_thatTheRepairOvertook_stillShowsThatItsHistoryLostOurs() {
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>)
                LocalRaceTest.<Long>builder().loader(key -> source.get()).build()) {
            Coherence<Long, String> coherence = cache.coherence();
            coherence.applyRead(new ControlLog.Read("e", 10, 1, 0, 10, 0, List.of(), false), 0);
            coherence.applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 0, List.of(), false), 0);
            coherence.applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 0, List.of(), false), 0);
            long losses = coherence.losses();
            assertThat(coherence.receive(new ControlLog.Message("e", 10, 15, false, List.of())))
                    .isFalse();
            assertThat(coherence.losses()).as("a chain through ours").isEqualTo(losses);
            assertThat(coherence.receive(new ControlLog.Message("e", 5, 20, false, List.of())))
                    .isTrue();
            assertThat(coherence.losses()).as("a chain that jumps over ours").isEqualTo(losses + 1);
        }
    }

    @Test
    void reply_olderThanWhatARepairHasApplied_isAppliedAllTheSame() {
        for (String epoch : List.of("e", "the one before")) {
            source.set("old");
            try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>)
                    LocalRaceTest.<Long>builder().loader(key -> source.get()).build()) {
                Coherence<Long, String> coherence = cache.coherence();
                coherence.applyRead(new ControlLog.Read("e", 20, 1, 0, 20, 0, List.of(), false), 0);
                cache.get(1L);
                source.set("new");
                coherence.applyOwn(new ControlLog.Minted(epoch, 1, 2, 1, 0), Members.keys("1"), List.of(1L));
                assertThat(cache.get(1L)).isEqualTo("new");
            }
        }
    }

    @Test
    void message_decodedBeforeThisNodeKnewItsKeyType_isAppliedAllTheSame() {
        AtomicBoolean known = new AtomicBoolean();
        CountDownLatch decoded = new CountDownLatch(1);
        CountDownLatch mayApply = new CountDownLatch(1);
        KeyCodec<Long> codec = new KeyCodec<>() {
            @Override
            public String encode(Long key) {
                known.set(true);
                return key.toString();
            }

            @Override
            public Long decode(String text) {
                if (!known.get()) {
                    decoded.countDown();
                    await(mayApply);
                    throw new IllegalStateException("no key was encoded yet");
                }
                return Long.valueOf(text);
            }
        };
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>) LocalRaceTest.<Long>builder()
                .keyCodec(codec)
                .loader(key -> source.get())
                .build()) {
            Future<Boolean> message = threads.submit(
                    () -> cache.coherence().receive(new ControlLog.Message("", 0, 1, false, Members.keys("1"))));
            await(decoded);
            assertThat(cache.get(1L)).isEqualTo("old");
            source.set("new");
            mayApply.countDown();
            finish(message);
            assertThat(cache.get(1L)).isEqualTo("new");
        }
    }

    @Test
    void load_notDetachedYetWhenItsBarrierIsApplied_isRefusedByItsBirth() {
        assertRefusedByItsBirth(cache -> cache.get(1L));
        assertRefusedByItsBirth(cache -> cache.getAll(List.of(1L)).get(1L));
    }

    /** A key that nobody could decode is detached late: until then only the birth stamp shows that a load is older. */
    private void assertRefusedByItsBirth(Function<TieredCache<Long, String>, String> read) {
        source.set("old");
        CountDownLatch decoded = new CountDownLatch(1);
        CountDownLatch mayApply = new CountDownLatch(1);
        CountDownLatch applied = new CountDownLatch(1);
        CountDownLatch mayDetach = new CountDownLatch(1);
        CountDownLatch loaded = new CountDownLatch(1);
        AtomicReference<Thread> messages = new AtomicReference<>();
        KeyCodec<Long> codec = new KeyCodec<>() {
            @Override
            public String encode(Long key) {
                return key.toString();
            }

            @Override
            public Long decode(String text) {
                if (Thread.currentThread() == messages.get()) {
                    if (decoded.getCount() > 0) {
                        decoded.countDown();
                        await(mayApply);
                        throw new IllegalStateException("no key was encoded yet");
                    }
                    applied.countDown();
                    await(mayDetach);
                }
                return Long.valueOf(text);
            }
        };
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>) LocalRaceTest.<Long>builder()
                .keyCodec(codec)
                .loader(key -> {
                    String value = source.get();
                    loaded.countDown();
                    await(applied);
                    return value;
                })
                .build()) {
            Future<Boolean> message = threads.submit(() -> {
                messages.set(Thread.currentThread());
                boolean incomplete =
                        cache.coherence().receive(new ControlLog.Message("", 0, 1, false, Members.keys("1")));
                messages.set(null);
                return incomplete;
            });
            await(decoded);
            Future<String> early = threads.submit(() -> read.apply(cache));
            await(loaded);
            source.set("new");
            mayApply.countDown();
            assertThat(finish(early)).isEqualTo("old");
            mayDetach.countDown();
            finish(message);
            assertThat(read.apply(cache)).isEqualTo("new");
        }
    }

    @Test
    void getAll_joiningManyLoadsThatDoNotEnd_waitsForAllOfThemTogetherNoLongerThanALease() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        List<Long> keys = LongStream.range(0, 8).boxed().toList();
        CountDownLatch loading = new CountDownLatch(keys.size());
        try (TieredCache<Long, String> cache = LocalRaceTest.<Long>builder()
                .leaseTime(Duration.ofMillis(400))
                .loader(key -> {
                    loading.countDown();
                    end.await();
                    return "slow";
                })
                .bulkLoader(missing -> {
                    Map<Long, String> found = new HashMap<>();
                    missing.forEach(key -> found.put(key, "quick"));
                    return found;
                })
                .build()) {
            keys.forEach(key -> threads.execute(() -> cache.get(key)));
            await(loading);
            long misses = cache.stats().misses();
            long begun = System.nanoTime();
            assertThat(cache.getAll(keys))
                    .hasSize(8)
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo("quick"));
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isBetween(Duration.ofMillis(400), Duration.ofMillis(1_500));
            assertThat(cache.stats().misses() - misses).as("each counted once").isEqualTo(8);
            end.countDown();
        }
    }

    @Test
    void get_joiningALoadThatDoesNotEnd_takesItsPlace() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch loading = new CountDownLatch(1);
        AtomicInteger loads = new AtomicInteger();
        try (TieredCache<Long, String> cache = LocalRaceTest.<Long>builder()
                .leaseTime(Duration.ofMillis(200))
                .loader(key -> {
                    if (loads.incrementAndGet() == 1) {
                        loading.countDown();
                        end.await();
                        return "slow";
                    }
                    return "quick";
                })
                .build()) {
            Future<String> slow = threads.submit(() -> cache.get(1L));
            await(loading);
            long misses = cache.stats().misses();
            assertThat(cache.get(1L)).isEqualTo("quick");
            assertThat(cache.stats().misses() - misses).isEqualTo(1);
            assertThat(cache.get(1L))
                    .as("cached, so nobody waits for the slow load again")
                    .isEqualTo("quick");
            assertThat(loads).hasValue(2);
            end.countDown();
            assertThat(finish(slow)).isEqualTo("slow");
            assertThat(cache.get(1L)).isEqualTo("quick");
        }
    }

    @Test
    void entry_thatTookThePlaceOfOneFoundExpired_isNotTakenForLookedAt() {
        AtomicReference<Runnable> afterTheLookIntoTier1 = new AtomicReference<>();
        AtomicInteger clockReads = new AtomicInteger();
        Thread reader = Thread.currentThread();
        Ticker ticker = () -> {
            Runnable hook = afterTheLookIntoTier1.get();
            // The first look finds an entry of an earlier version, the second one judges it.
            if (Thread.currentThread() == reader && hook != null && clockReads.incrementAndGet() == 2) {
                afterTheLookIntoTier1.set(null);
                hook.run();
            }
            return System.nanoTime();
        };
        AtomicBoolean away = new AtomicBoolean();
        try (CoherentCache<Long, String> cache = (CoherentCache<Long, String>) LocalRaceTest.<Long>builder()
                .ticker(ticker)
                .staleFor(Duration.ofMinutes(1))
                .tags(Set::of)
                .loader(key -> {
                    if (away.get()) {
                        throw new IllegalStateException("away");
                    }
                    return source.get();
                })
                .build()) {
            Coherence<Long, String> coherence = cache.coherence();
            coherence.receive(new ControlLog.Message("", 0, 1, false, List.of(Members.tag("x"))));
            assertThat(cache.get(1L)).isEqualTo("old");
            coherence.receive(new ControlLog.Message("", 1, 2, false, List.of(Members.tag("y"))));
            away.set(true);
            afterTheLookIntoTier1.set(() -> {
                finish(threads.submit(() -> cache.put(1L, "newer")));
                coherence.receive(new ControlLog.Message(
                        "", 2, 3, false, List.of(new Member(Kind.SOFT_TAG, "old"), Members.tag("newer"))));
            });
            assertThatThrownBy(() -> cache.get(1L))
                    .as("what is there was invalidated, what was looked at is gone, the source is away")
                    .isInstanceOf(CacheLoadException.class);
            assertThat(afterTheLookIntoTier1).hasValue(null);
            assertThatThrownBy(() -> cache.get(1L)).isInstanceOf(CacheLoadException.class);
        }
    }

    private static <T> T finish(Future<T> future) {
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("the other thread did not end", e);
        }
    }
}
