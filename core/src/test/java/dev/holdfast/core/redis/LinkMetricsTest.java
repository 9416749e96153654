package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Status;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LinkMetricsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final byte[] KEY = "k".getBytes(UTF_8);

    private static double failures(SimpleMeterRegistry meters, String kind) {
        return meters.get("holdfast.redis.failures")
                .tag("kind", kind)
                .functionCounter()
                .count();
    }

    @Test
    void operations_and_their_failures_are_counted_by_kind() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link =
                        RedisLink.builder(server.uri()).serverCheck(false).connect()) {
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            link.metrics().bindTo(meters);
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();

            link.call(SECOND, c -> c.set(KEY, KEY));
            link.callAsync(SECOND, c -> c.get(KEY)).join();
            assertThatThrownBy(() -> link.call(SECOND, c -> c.llen(KEY))).isInstanceOf(RedisException.class);
            assertThatThrownBy(() -> link.call(Duration.ofMillis(50), c -> c.blpop(1, "l".getBytes(UTF_8))))
                    .isInstanceOf(RedisTimeoutException.class);
            assertThatThrownBy(() -> link.call(Duration.ZERO, c -> c.get(KEY)))
                    .isInstanceOf(RedisUnavailableException.class);
            assertThatThrownBy(
                            () -> link.call(SECOND, c -> CompletableFuture.failedFuture(new IllegalStateException())))
                    .isInstanceOf(IllegalStateException.class);

            assertThat(meters.get("holdfast.redis.operations").functionTimer().count())
                    .isEqualTo(2);
            assertThat(meters.get("holdfast.redis.operations").functionTimer().totalTime(TimeUnit.NANOSECONDS))
                    .isPositive();
            assertThat(failures(meters, "error")).isEqualTo(1);
            assertThat(failures(meters, "timeout")).isEqualTo(1);
            assertThat(failures(meters, "rejected")).isEqualTo(1);
            assertThat(failures(meters, "operation")).isEqualTo(1);
            assertThat(meters.get("holdfast.redis.state")
                            .tag("state", "up")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(meters.get("holdfast.redis.generation").gauge().value()).isEqualTo(1);
            assertThat(meters.get("holdfast.redis.connections").gauge().value()).isEqualTo(1);
            assertThat(meters.get("resilience4j.circuitbreaker.state")
                            .tag("state", "closed")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        }
    }

    @Test
    void probe_tells_state_and_findings_without_waiting() throws Exception {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.builder(server.uri())
                        .pingInterval(Duration.ofMillis(50))
                        .connect()) {
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
            HealthProbe probe = link.healthProbe();
            await().until(() -> probe.check().facts().containsKey("serverProblems"));
            await().until(() -> (double) probe.check().facts().get("pingMillis") > 0);

            assertThat(probe.name()).isEqualTo("redis");
            assertThat(probe.check().status()).isEqualTo(Status.UP);
            assertThat(probe.check().facts())
                    .containsEntry("mode", "STANDALONE")
                    .containsEntry("state", "UP")
                    .containsEntry("serverProblems", "redis.server.maxmemory, redis.server.policy");
            server.kill();
            await().until(() -> probe.check().status() == Status.DOWN);
        }
    }

    @Test
    void disabled_link_refuses_and_says_that_it_is_wanted() throws Exception {
        RedisLink link = RedisLink.disabled();

        assertThat(link.state()).isEqualTo(LinkState.DISABLED);
        assertThat(link.mode()).isEqualTo(RedisMode.DISABLED);
        assertThat(link.awaitUp(SECOND)).isFalse();
        assertThat(link.healthProbe().check().status()).isEqualTo(Status.UP);
        assertThatThrownBy(() -> link.call(SECOND, c -> c.ping())).isInstanceOf(RedisUnavailableException.class);
        assertThatThrownBy(() -> link.callAsync(SECOND, c -> c.ping()).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RedisUnavailableException.class);
        link.close();
        assertThat(link.state()).isEqualTo(LinkState.DISABLED);
    }

    @Test
    void blocking_call_on_an_io_thread_is_refused_at_once() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.connect(server.uri())) {
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();

            assertThatThrownBy(() -> link.callAsync(SECOND, c -> c.blpop(0.05, KEY))
                            .thenApply(v -> link.call(SECOND, c -> c.ping()))
                            .join())
                    .hasCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("I/O thread");
        }
    }

    @Test
    void two_links_in_one_registry_are_told_apart() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink cache =
                        RedisLink.builder(server.uri()).serverCheck(false).connect();
                RedisLink limits = RedisLink.builder("redis://127.0.0.1:1")
                        .name("limits")
                        .serverCheck(false)
                        .connect()) {
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            cache.metrics().bindTo(meters);
            limits.metrics().bindTo(meters);
            assertThat(cache.awaitUp(Duration.ofSeconds(5))).isTrue();

            for (String name : new String[] {"redis", "limits"}) {
                assertThat(meters.get("holdfast.redis.state")
                                .tag("link", name)
                                .tag("state", "up")
                                .gauge()
                                .value())
                        .isEqualTo(name.equals("redis") ? 1 : 0);
                assertThat(meters.get("resilience4j.circuitbreaker.state")
                                .tag("name", name)
                                .tag("state", "closed")
                                .gauge()
                                .value())
                        .isEqualTo(1);
            }
            assertThat(meters.getMeters().stream()
                            .filter(m -> m.getId().getName().startsWith("holdfast.redis"))
                            .map(m -> m.getId().getTag("link")))
                    .doesNotContainNull();
            assertThat(cache.healthProbe().name()).isEqualTo("redis");
            assertThat(limits.healthProbe().name()).isEqualTo("limits");
        }
    }
}
