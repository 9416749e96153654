package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that is slow or busy, and not frozen. */
@Tag("fault")
class SlowLinkTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration PING = Duration.ofMillis(300);
    private static final byte[] KEY = "k".getBytes(UTF_8);

    private RedisServer server;
    private FaultProxy proxy;

    @BeforeEach
    void start() {
        server = RedisServers.standalone();
        proxy = FaultProxy.to(server);
    }

    @AfterEach
    void stop() {
        proxy.close();
        server.close();
    }

    private RedisLinkBuilder builder() {
        return RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .serverCheck(false)
                .pingInterval(PING);
    }

    @Test
    void reply_that_takes_longer_than_several_probes_arrives() {
        try (RedisLink link = builder().connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            byte[] big = new byte[4 << 20];
            link.call(SOON, c -> c.set(KEY, big));
            long generation = link.generation();
            // Four seconds: PING waits behind the reply, as answers come in order.
            proxy.bandwidth(1 << 20);

            byte[] read = link.call(SOON, c -> c.get(KEY));

            assertThat(read).hasSameSizeAs(big);
            assertThat(link.generation()).isEqualTo(generation);
        }
    }

    @Test
    void queue_so_full_that_no_probe_fits_in_does_not_cost_the_connection() throws Exception {
        try (RedisLink link = builder().requestQueueSize(8).connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            link.metrics().bindTo(meters);
            proxy.latency(Duration.ofMillis(5));
            long generation = link.generation();
            AtomicBoolean running = new AtomicBoolean(true);
            LongAdder answered = new LongAdder();
            Thread[] threads = new Thread[16];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = new Thread(() -> {
                    while (running.get()) {
                        try {
                            link.call(SOON, c -> c.get(KEY));
                            answered.increment();
                        } catch (RedisUnavailableException e) {
                            LockSupport.parkNanos(500_000);
                        }
                    }
                });
                threads[i].start();
            }

            await().during(PING.multipliedBy(10)).atMost(SOON).until(() -> link.generation() == generation);

            running.set(false);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(link.state()).isEqualTo(LinkState.UP);
            assertThat(answered.sum()).isPositive();
            assertThat(meters.get("holdfast.redis.failures")
                            .tag("kind", "rejected")
                            .functionCounter()
                            .count())
                    .isPositive();
        }
    }

    @Test
    void frozen_server_with_a_full_queue_is_noticed() {
        try (RedisLink link = builder().requestQueueSize(8).connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            server.pause();
            for (int i = 0; i < 16; i++) {
                var unused = link.callAsync(SOON, c -> c.get(KEY));
            }

            await().atMost(SOON).until(() -> link.state() == LinkState.DOWN);
            server.resume();
        }
    }
}
