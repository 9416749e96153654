package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionHubTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] NEWS = "news".getBytes(UTF_8);

    /** Writes down what it is told. */
    private static class Recorder implements SubscriptionListener {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @Override
        public void onSubscribed(long generation) {
            seen.add("subscribed " + generation);
        }

        @Override
        public void onMessage(byte[] message) {
            seen.add(new String(message, UTF_8));
        }

        @Override
        public void onLost() {
            seen.add("lost");
        }
    }

    @Test
    void listeners_of_one_channel_are_independent() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.connect(server.uri())) {
            Recorder first = new Recorder();
            Recorder second = new Recorder();
            Registration one = link.subscribe(NEWS, first);
            await().atMost(SOON).until(() -> first.seen.contains("subscribed 1"));
            link.subscribe(NEWS, new Recorder() {
                @Override
                public void onMessage(byte[] message) {
                    throw new IllegalStateException("mine");
                }
            });
            Registration two = link.subscribe(NEWS, second);
            await().atMost(SOON).until(() -> second.seen.contains("subscribed 1"));

            server.command("PUBLISH", "news", "a");
            await().atMost(SOON).until(() -> second.seen.contains("a"));
            one.close();
            one.close();
            server.command("PUBLISH", "news", "b");
            await().atMost(SOON).until(() -> second.seen.contains("b"));
            two.close();

            assertThat(first.seen).containsExactly("subscribed 1", "a");
            assertThat(second.seen).containsExactly("subscribed 1", "a", "b");
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            link.metrics().bindTo(meters);
            assertThat(meters.get("holdfast.redis.listener.failures")
                            .functionCounter()
                            .count())
                    .isEqualTo(2);
        }
    }

    @Test
    void listener_too_slow_for_the_backlog_sees_a_gap_and_not_silence() throws Exception {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link =
                        RedisLink.builder(server.uri()).subscriptionBacklog(10).connect()) {
            CountDownLatch go = new CountDownLatch(1);
            Recorder slow = new Recorder() {
                @Override
                public void onMessage(byte[] message) {
                    super.onMessage(message);
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            };
            link.subscribe(NEWS, slow);
            await().atMost(SOON).until(() -> slow.seen.contains("subscribed 1"));

            server.command("PUBLISH", "news", "m0");
            // From now on the listener is stuck.
            await().atMost(SOON).until(() -> slow.seen.contains("m0"));
            for (int i = 1; i < 50; i++) {
                server.command("PUBLISH", "news", "m" + i);
            }
            go.countDown();

            await().atMost(SOON).until(() -> slow.seen.contains("subscribed 2"));
            assertThat(slow.seen.subList(0, 2)).containsExactly("subscribed 1", "m0");
            assertThat(slow.seen).contains("lost");
            assertThat(slow.seen.indexOf("lost")).isLessThan(slow.seen.indexOf("subscribed 2"));
        }
    }

    @Test
    void subscription_made_before_the_server_is_there_comes_into_force_with_it() {
        try (RedisServer server = RedisServer.builder().start()) {
            server.kill();
            try (RedisLink link = RedisLink.connect(server.uri())) {
                Recorder recorder = new Recorder();
                link.subscribe(NEWS, recorder);
                server.start();
                await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 1"));
                assertThat(recorder.seen).doesNotContain("lost");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void subscription_stays_in_force_with_either_protocol(boolean resp3) {
        RedisServer.Builder builder = RedisServer.builder();
        if (!resp3) {
            builder.directive("rename-command", "HELLO", "");
        }
        try (RedisServer server = builder.start();
                RedisLink link = RedisLink.builder(server.uri())
                        .pingInterval(Duration.ofMillis(100))
                        .connect()) {
            Recorder recorder = new Recorder();
            link.subscribe(NEWS, recorder);
            await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 1"));

            await().during(Duration.ofSeconds(1)).until(() -> !recorder.seen.contains("lost"));
            server.command("PUBLISH", "news", "m");
            await().atMost(SOON).until(() -> recorder.seen.contains("m"));
            assertThat(recorder.seen).containsExactly("subscribed 1", "m");
        }
    }

    @Test
    void channel_that_the_acl_refuses_is_asked_for_again_until_it_is_allowed() {
        try (RedisServer server = RedisServer.builder()
                        .user("app", "pass-word", "~* resetchannels &other +@all")
                        .start();
                RedisLink link = RedisLink.builder(server.uriFor("app"))
                        .refusalRetry(Duration.ofMillis(100))
                        .connect()) {
            Recorder recorder = new Recorder();
            link.subscribe(NEWS, recorder);
            await().during(Duration.ofMillis(500)).until(() -> recorder.seen.isEmpty());

            server.command("ACL", "SETUSER", "app", "&news");

            await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 1"));
        }
    }

    @Test
    void channels_beyond_the_request_queue_come_into_force_too() {
        try (RedisServer server = RedisServer.builder().start();
                FaultProxy proxy = FaultProxy.to(server);
                RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                        .serverCheck(false)
                        .requestQueueSize(8)
                        .connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            proxy.latency(Duration.ofMillis(20));
            List<Recorder> recorders = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 30; i++) {
                Recorder recorder = new Recorder();
                recorders.add(recorder);
                link.subscribe(("news" + i).getBytes(UTF_8), recorder);
            }

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorders)
                            .allSatisfy(recorder -> assertThat(recorder.seen).containsExactly("subscribed 1")));
        }
    }

    @Test
    void listener_is_told_of_every_renewal_so_that_it_can_repair_what_it_missed() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.builder(server.uri())
                        .reconnect(Duration.ofMillis(10), Duration.ofMillis(50))
                        .connect()) {
            Recorder recorder = new Recorder();
            link.subscribe(NEWS, recorder);
            for (int renewal = 1; renewal <= 5; renewal++) {
                String told = "subscribed " + renewal;
                await().atMost(SOON).until(() -> recorder.seen.contains(told));
                server.command("CLIENT", "KILL", "TYPE", "pubsub");
            }
            await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 6"));

            assertThat(recorder.seen)
                    .containsExactly(
                            "subscribed 1",
                            "lost",
                            "subscribed 2",
                            "lost",
                            "subscribed 3",
                            "lost",
                            "subscribed 4",
                            "lost",
                            "subscribed 5",
                            "lost",
                            "subscribed 6");
        }
    }

    @Test
    void only_the_subscription_is_lost_and_its_owner_is_told_though_the_link_stays_up() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.connect(server.uri())) {
            Recorder recorder = new Recorder();
            link.subscribe(NEWS, recorder);
            await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 1"));
            long generation = link.generation();

            server.command("CLIENT", "KILL", "TYPE", "pubsub");

            await().atMost(SOON).until(() -> recorder.seen.contains("subscribed 2"));
            assertThat(recorder.seen).containsExactly("subscribed 1", "lost", "subscribed 2");
            assertThat(link.generation()).isEqualTo(generation);
        }
    }

    @Test
    void confirmation_of_a_subscription_that_was_given_up_is_not_taken_for_the_next_one() {
        try (RedisServer server = RedisServer.builder().start();
                FaultProxy proxy = FaultProxy.to(server);
                RedisLink link = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                        .serverCheck(false)
                        .pingInterval(Duration.ofSeconds(5))
                        .connect()) {
            Recorder other = new Recorder();
            link.subscribe("other".getBytes(UTF_8), other);
            await().atMost(SOON).until(() -> other.seen.contains("subscribed 1"));
            proxy.latency(Duration.ZERO, Duration.ofMillis(500));
            Recorder first = new Recorder();
            Registration registration = link.subscribe(NEWS, first);
            await().atMost(SOON)
                    .until(() -> server.command("PUBSUB", "CHANNELS", "news").texts(), t -> !t.isEmpty());

            // Neither UNSUBSCRIBE nor the second SUBSCRIBE reaches the server; the first answer is on its way.
            proxy.cutClientToServer();
            registration.close();
            Recorder second = new Recorder();
            link.subscribe(NEWS, second);

            await().during(Duration.ofSeconds(1)).until(() -> second.seen.isEmpty());
            proxy.heal();
            await().atMost(SOON).until(() -> second.seen.contains("subscribed 1"));
            assertThat(first.seen).isEmpty();
        }
    }
}
