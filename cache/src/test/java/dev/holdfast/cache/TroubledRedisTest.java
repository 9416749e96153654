package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Redis that answers late, or not to everything: neither gone nor well. */
class TroubledRedisTest {
    private static final String LEASE = "hf:fleet:l:{1}";

    private final RedisServer redis = RedisServers.standalone();
    private final FaultProxy proxy = FaultProxy.to(redis.host(), redis.port());
    private final Source source = new Source();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        proxy.close();
        redis.close();
    }

    private Node behindProxy() {
        RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .commandTimeout(Duration.ofSeconds(1))
                .connect();
        return new Node(link, source, builder -> builder.tier2Timeout(Duration.ofMillis(100)));
    }

    @Test
    void lease_grantedTooLateForWhoAsked_isGivenBack() throws Exception {
        try (Node slow = behindProxy().awaitInStep()) {
            Pauses.Hold answered = slow.pauses.hold(Step.TIER2_ANSWERED);
            CompletableFuture<String> read = slow.getInBackground(1);
            answered.awaitReached();
            proxy.latency(Duration.ZERO, Duration.ofMillis(400));
            answered.release();
            assertThat(Node.finish(read)).isEqualTo("k1 v0");
            proxy.latency(Duration.ZERO);
            await().atMost(5, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThat(redis.command("EXISTS", LEASE).number()).isZero());
        }
    }

    @Test
    void leaseOfMany_grantedTooLateForWhoAsked_isGivenBack() throws Exception {
        try (Node slow = behindProxy().awaitInStep()) {
            Pauses.Hold registered = slow.pauses.hold(Step.BORN_READ);
            proxy.latency(Duration.ZERO, Duration.ofMillis(400));
            CompletableFuture<Void> read = slow.inBackground(() -> slow.cache.getAll(List.of(1L, 2L)));
            registered.awaitReached();
            registered.release();
            Node.finish(read);
            proxy.latency(Duration.ZERO);
            await().atMost(5, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThat(redis.command("EXISTS", LEASE).number()).isZero());
        }
    }

    @Test
    void interruptionOfABulkRead_doesNotInterruptThoseThatJoinedIt() throws Exception {
        try (Node node = new Node(redis.uri(), source).awaitInStep()) {
            redis.command("SET", LEASE, "another node's", "PX", "10000");
            Future<?> polling = threads.submit(() -> node.cache.getAll(List.of(1L)));
            await().until(() -> counted(node, "holdfast.cache.leases.busy") == 1);
            Future<Boolean> joined = threads.submit(() -> {
                assertThatThrownBy(() -> node.cache.get(1L)).isInstanceOf(CacheLoadException.class);
                return Thread.interrupted();
            });
            await().until(() -> Flights.waiting() > 0);
            polling.cancel(true);
            assertThat(joined.get(10, TimeUnit.SECONDS)).isFalse();
        }
    }

    private static double gauge(Node node, String name) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        node.cache.metrics().bindTo(registry);
        return registry.get(name).gauge().value();
    }

    private static double counted(Node node, String name) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        node.cache.metrics().bindTo(registry);
        return registry.get(name).functionCounter().count();
    }

    @Test
    void node_thatCannotReadTheLog_leavesTier2AloneAfterMaxStale() {
        redis.command("ACL", "SETUSER", "node", "on", ">secret", "~*", "&*", "+@all");
        RedisLink link = RedisLink.connect("redis://node:secret@" + redis.host() + ":" + redis.port());
        try (Node node = new Node(
                        link,
                        source,
                        builder -> builder.maxStale(Duration.ofMillis(500)).tags(value -> Set.of("all")))
                .awaitInStep()) {
            assertThat(node.get(1)).isEqualTo("k1 v0");
            await().until(() -> node.cache.stats().fills() == 1);

            redis.command("ACL", "SETUSER", "node", "-@scripting");
            source.commit(1);
            String stamp = String.valueOf(System.currentTimeMillis() * 1_000);
            redis.command("ZADD", "{hf:fleet}:ctl", stamp, "!stamp", stamp, "t:all"); // An announcement that is lost.

            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(node.get(1)).isEqualTo("k1 v1"));
        }
    }

    @Test
    void journal_afterTheReplayWindow_isEmptyWithoutAReconnect() {
        try (Node node = new Node(
                        redis.uri(),
                        source,
                        builder -> builder.leaseTime(Duration.ofMillis(100)).replayWindow(Duration.ofMillis(300)))
                .awaitInStep()) {
            node.cache.invalidate(1L);
            assertThat(gauge(node, "holdfast.cache.journal.pending")).isZero();
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThat(gauge(node, "holdfast.cache.journal")).isZero());
        }
    }

    @Test
    void cache_closedWithInvalidationsThatNobodyWasToldOf_saysHowMany() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(CoherentCache.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try (Node node = behindProxy().awaitInStep()) {
            proxy.cutAndReset();
            await().until(() -> node.link.state() == LinkState.DOWN);
            node.cache.invalidateAll(List.of(1L, 2L));
            node.cache.invalidateTag("brand:7");
            assertThat(gauge(node, "holdfast.cache.journal.pending")).isEqualTo(3);
            assertThat(node.cache.healthProbe().check().facts()).containsEntry("pending", 3);
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .singleElement()
                .extracting(ILoggingEvent::getFormattedMessage)
                .asString()
                .startsWith("Cache 'fleet' is closed with 3 invalidations");
    }
}
