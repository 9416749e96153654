package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

            for (int i = 0; i < 50; i++) {
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
}
