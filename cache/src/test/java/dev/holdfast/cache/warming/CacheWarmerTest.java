package dev.holdfast.cache.warming;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.cache.Codec;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Warmers of one and of several nodes on a real Redis. */
@Servers
class CacheWarmerTest {
    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private final AtomicInteger loaded = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private final CountDownLatch loading = new CountDownLatch(1);

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.add(resource);
        return resource;
    }

    private RedisLink link(RedisServer redis) {
        RedisLink link = open(RedisLink.builder(redis.uri())
                .commandTimeout(Duration.ofMillis(500))
                .connect());
        assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
        return link;
    }

    /** In step already: what a cache holds before that is dropped when it is. */
    private TieredCache<Long, String> cache(RedisLink link) {
        TieredCache<Long, String> cache = open(TieredCache.<Long, String>builder("product")
                .redis(link)
                .codec(Codec.string())
                .maximumSize(10_000)
                .bulkLoader(this::load)
                .build());
        await().atMost(10, SECONDS).until(() -> cache.healthProbe().check().status() == Status.UP);
        return cache;
    }

    private Map<Long, String> load(Set<Long> keys) throws InterruptedException {
        loading.countDown();
        gate.await();
        loaded.addAndGet(keys.size());
        Map<Long, String> found = new HashMap<>();
        keys.forEach(key -> found.put(key, "v" + key));
        return found;
    }

    private static KeySource<Long> keys(int count) {
        return KeySource.listed(() -> LongStream.rangeClosed(1, count).boxed().toList());
    }

    private CacheWarmerBuilder<Long> warmer(RedisLink link) {
        return CacheWarmer.builder(cache(link)).redis(link).keys(keys(250)).startDelay(Duration.ofHours(1));
    }

    private static WarmResult result(CompletableFuture<WarmResult> future) throws Exception {
        return future.get(10, SECONDS);
    }

    @Test
    void start_afterItsDelay_fillsTheCacheAndSaysSoOnce(RedisServer redis) {
        Logger logger = (Logger) LoggerFactory.getLogger(CacheWarmer.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
        try {
            RedisLink link = link(redis);
            TieredCache<Long, String> cache = cache(link);
            List<WarmProgress> progress = new CopyOnWriteArrayList<>();
            CacheWarmer<Long> warmer = open(CacheWarmer.builder(cache)
                    .redis(link)
                    .keys(keys(250))
                    .startDelay(Duration.ofMillis(50))
                    .onProgress(progress::add)
                    .start());
            await().atMost(10, SECONDS).until(() -> warmer.lastResult().isPresent());

            WarmResult result = warmer.lastResult().orElseThrow();
            assertThat(result.outcome()).isEqualTo(WarmOutcome.COMPLETED);
            assertThat(result.keys()).isEqualTo(250);
            assertThat(result.found()).isEqualTo(250);
            assertThat(progress).extracting(WarmProgress::keys).containsExactly(100L, 200L, 250L);
            long hits = cache.stats().tier1Hits();
            assertThat(cache.get(250L)).isEqualTo("v250");
            assertThat(cache.stats().tier1Hits()).isEqualTo(hits + 1);
            assertThat(log.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .satisfiesExactly(
                            begin -> assertThat(begin).contains("'product': warming begins"),
                            end -> assertThat(end).contains("COMPLETED").contains("250 keys, 250 found, 0 failed"));
        } finally {
            logger.setLevel(null);
            logger.detachAppender(log);
        }
    }

    @Test
    void fleet_startedTogether_warmsOnce(RedisServer redis) {
        List<CacheWarmer<Long>> warmers = new CopyOnWriteArrayList<>();
        for (int node = 0; node < 3; node++) {
            warmers.add(
                    open(warmer(link(redis)).startDelay(Duration.ofMillis(50)).start()));
        }
        await().atMost(10, SECONDS)
                .until(() -> warmers.stream().allMatch(w -> w.lastResult().isPresent()));
        assertThat(warmers)
                .extracting(w -> w.lastResult().orElseThrow().outcome())
                .containsExactlyInAnyOrder(WarmOutcome.COMPLETED, WarmOutcome.SKIPPED, WarmOutcome.SKIPPED);
        assertThat(loaded).hasValue(250);
    }

    @Test
    void warmNow_warmsThoughItWasDoneButNotWhileAnotherNodeDoes(RedisServer redis) throws Exception {
        CacheWarmer<Long> a = open(warmer(link(redis)).start());
        CacheWarmer<Long> b = open(warmer(link(redis)).start());
        gate = new CountDownLatch(1);
        CompletableFuture<WarmResult> first = a.warmNow();
        assertThat(loading.await(10, SECONDS)).isTrue();
        assertThat(result(b.warmNow()).outcome()).isEqualTo(WarmOutcome.SKIPPED);
        CompletableFuture<WarmResult> joined = a.warmNow();
        gate.countDown();
        assertThat(result(first).outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(result(joined)).isEqualTo(result(first));
        assertThat(result(b.warmNow()).outcome()).isEqualTo(WarmOutcome.COMPLETED);
    }

    @Test
    void warmer_thatDies_costsNoMoreThanItsLease(RedisServer redis) {
        redis.command("SET", "hf:product:warmer:{warm}", "a node that died", "PX", "1500");
        CacheWarmer<Long> next = open(warmer(link(redis))
                .startDelay(Duration.ZERO)
                .leaseTime(Duration.ofSeconds(1))
                .start());
        await().atMost(10, SECONDS)
                .until(() -> next.lastResult().map(WarmResult::outcome).orElse(null) == WarmOutcome.SKIPPED);
        await().atMost(10, SECONDS)
                .until(() -> next.lastResult().map(WarmResult::outcome).orElse(null) == WarmOutcome.COMPLETED);
    }

    @Test
    void lease_taken_endsThePass(RedisServer redis) throws Exception {
        CacheWarmer<Long> warmer = open(warmer(link(redis))
                .leaseTime(Duration.ofSeconds(1))
                .chunkSize(10)
                .keysPerSecond(20)
                .start());
        CompletableFuture<WarmResult> result = warmer.warmNow();
        assertThat(loading.await(10, SECONDS)).isTrue();
        redis.command("SET", "hf:product:warmer:{warm}", "another node");
        assertThat(result(result).outcome()).isEqualTo(WarmOutcome.LEASE_LOST);
        assertThat(redis.command("GET", "hf:product:warmer:{warm}").text()).isEqualTo("another node");
    }

    @Test
    void schedule_repeatsAndAFailureIsTriedAgain(RedisServer redis) {
        RedisLink link = link(redis);
        AtomicInteger opens = new AtomicInteger();
        CacheWarmer<Long> warmer = open(CacheWarmer.builder(cache(link))
                .redis(link)
                .keys(() -> {
                    if (opens.incrementAndGet() == 1) {
                        throw new IllegalStateException("the database is not there yet");
                    }
                    return LongStream.rangeClosed(1, 10).boxed();
                })
                .startDelay(Duration.ZERO)
                .every(Duration.ofSeconds(1))
                .quietTime(Duration.ZERO)
                .start());
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        warmer.metrics().bindTo(registry);
        await().atMost(10, SECONDS).until(() -> opens.get() >= 3);
        await().atMost(10, SECONDS).untilAsserted(() -> {
            assertThat(passes(registry, WarmOutcome.FAILED)).isEqualTo(1);
            assertThat(passes(registry, WarmOutcome.COMPLETED)).isGreaterThanOrEqualTo(2);
        });
        assertThat(loaded).hasValue(10);
    }

    private static double passes(SimpleMeterRegistry registry, WarmOutcome outcome) {
        return registry.get("holdfast.cache.warmer.passes")
                .tag("outcome", outcome.name())
                .functionCounter()
                .count();
    }

    @Test
    void redis_away_meansNobodyWarmsUntilItIsBack(@Exclusive RedisServer redis) {
        RedisLink link = link(redis);
        CacheWarmerBuilder<Long> builder = warmer(link);
        redis.kill();
        await().until(() -> link.state() == LinkState.DOWN);
        CacheWarmer<Long> warmer = open(builder.startDelay(Duration.ZERO)
                .leaseTime(Duration.ofSeconds(1))
                .start());
        await().atMost(10, SECONDS).until(() -> warmer.lastResult().isPresent());
        assertThat(warmer.lastResult().orElseThrow().outcome()).isEqualTo(WarmOutcome.REDIS_AWAY);
        assertThat(loaded).hasValue(0);
        redis.start();
        await().atMost(10, SECONDS)
                .until(() -> warmer.lastResult().orElseThrow().outcome() == WarmOutcome.COMPLETED);
    }

    @Test
    void redis_disabled_letsEveryNodeWarm() throws Exception {
        CacheWarmer<Long> a = open(warmer(RedisLink.disabled()).start());
        CacheWarmer<Long> b = open(warmer(RedisLink.disabled()).start());
        assertThat(result(a.warmNow()).outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(result(b.warmNow()).outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(loaded).hasValue(500);
    }

    @Test
    void close_duringAPass_stopsItAndGivesTheLeaseBack(RedisServer redis) throws Exception {
        gate = new CountDownLatch(1);
        CacheWarmer<Long> warmer = open(warmer(link(redis)).start());
        CompletableFuture<WarmResult> result = warmer.warmNow();
        assertThat(loading.await(10, SECONDS)).isTrue();
        warmer.close();
        assertThat(result(result).outcome()).isEqualTo(WarmOutcome.CLOSED);
        assertThat(redis.command("EXISTS", "hf:product:warmer:{warm}").number()).isZero();
        assertThat(result(warmer.warmNow()).outcome()).isEqualTo(WarmOutcome.CLOSED);
    }

    @Test
    void close_betweenChunks_stopsThePass(RedisServer redis) throws Exception {
        CountDownLatch firstChunk = new CountDownLatch(1);
        CacheWarmer<Long> warmer = open(warmer(link(redis))
                .keysPerSecond(10)
                .chunkSize(100)
                .leaseTime(Duration.ofSeconds(30))
                .onProgress(progress -> firstChunk.countDown())
                .start());
        CompletableFuture<WarmResult> result = warmer.warmNow();
        assertThat(firstChunk.await(10, SECONDS)).isTrue();
        warmer.close();
        assertThat(result(result))
                .extracting(WarmResult::outcome, WarmResult::keys)
                .containsExactly(WarmOutcome.CLOSED, 100L);
    }

    @Test
    void listener_thatThrows_disturbsNothing(RedisServer redis) throws Exception {
        CacheWarmer<Long> warmer = open(warmer(link(redis))
                .onProgress(progress -> {
                    throw new IllegalStateException("the page is gone");
                })
                .start());
        assertThat(result(warmer.warmNow()).outcome()).isEqualTo(WarmOutcome.COMPLETED);
    }

    @Test
    void start_withMistakes_namesEachOfThem() {
        TieredCache<Long, String> cache = cache(RedisLink.disabled());
        CacheWarmerBuilder<Long> builder = CacheWarmer.builder(cache)
                .name("a b")
                .keyPrefix("{")
                .jitter(2)
                .startDelay(Duration.ofDays(2))
                .leaseTime(Duration.ZERO)
                .every(Duration.ZERO)
                .quietTime(Duration.ofDays(31))
                .maximumKeys(0)
                .chunkSize(0)
                .keysPerSecond(0);
        assertThatThrownBy(builder::start)
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::property)
                        .containsExactly(
                                "name",
                                "keyPrefix",
                                "keys",
                                "redis",
                                "jitter",
                                "startDelay",
                                "leaseTime",
                                "every",
                                "quietTime",
                                "chunkSize",
                                "maximumKeys",
                                "keysPerSecond"));
        assertThatThrownBy(() -> warmer(RedisLink.disabled())
                        .chunkSize(1_000)
                        .keysPerSecond(10)
                        .start())
                .hasMessageContaining("keysPerSecond 10")
                .hasMessageContaining("leaseTime PT30S");
    }
}
