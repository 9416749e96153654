package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
class RedisAwayTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LogCapture log = new LogCapture();
    private RedisServer server;

    @BeforeEach
    void startServer() {
        server = RedisServers.standalone();
    }

    @AfterEach
    void stopServer() {
        server.close();
        log.close();
    }

    @Test
    void redis_absent_at_start_is_said_once_and_heals_by_itself() {
        server.kill();
        long start = System.nanoTime();
        try (RedisLink link = RedisLink.builder(server.uri()).serverCheck(false).connect()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SECOND);
            await().until(() -> link.state() == LinkState.DOWN);
            assertThatThrownBy(() -> link.call(SECOND, c -> c.ping())).isInstanceOf(RedisUnavailableException.class);
            await().during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(4))
                    .until(() -> link.state() == LinkState.DOWN);
            assertThat(log.link(Level.WARN)).hasSize(1);

            server.start();

            await().atMost(Duration.ofSeconds(3)).until(() -> link.state() == LinkState.UP);
            String pong = link.call(SECOND, c -> c.ping());
            assertThat(pong).isEqualTo("PONG");
            assertThat(link.generation()).isEqualTo(1);
            assertThat(log.link(Level.WARN)).hasSize(1);
            assertThat(log.link(Level.INFO)).hasSize(1);
        }
    }

    @Test
    void redis_killed_and_restarted_is_used_again_and_listeners_are_told_in_order() {
        List<LinkChange> changes = new CopyOnWriteArrayList<>();
        try (RedisLink link = RedisLink.builder(server.uri()).serverCheck(false).connect()) {
            link.addListener(changes::add);
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();

            server.kill();
            await().until(() -> link.state() == LinkState.DOWN);
            server.start();
            await().atMost(Duration.ofSeconds(3)).until(() -> link.state() == LinkState.UP);

            await().until(() -> changes.size() == 3);
            assertThat(changes).extracting(LinkChange::to).containsExactly(LinkState.UP, LinkState.DOWN, LinkState.UP);
            assertThat(changes).extracting(LinkChange::generation).containsExactly(1L, 1L, 2L);
        }
    }

    @Test
    void subscription_after_a_restart_is_made_again_and_its_listener_knows() {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RedisLink link = RedisLink.builder(server.uri()).serverCheck(false).connect()) {
            link.subscribe("news".getBytes(UTF_8), new SubscriptionListener() {
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
            });
            await().until(() -> seen.contains("subscribed 1"));

            server.kill();
            await().until(() -> seen.contains("lost"));
            server.start();
            await().atMost(Duration.ofSeconds(3)).until(() -> seen.contains("subscribed 2"));
            server.command("PUBLISH", "news", "hello");

            await().until(() -> seen.contains("hello"));
            assertThat(seen).containsExactly("subscribed 1", "lost", "subscribed 2", "hello");
        }
    }

    @Test
    void idle_link_notices_a_frozen_server_and_heals_after_it_goes_on() {
        try (RedisLink link = RedisLink.builder(server.uri()).serverCheck(false).connect()) {
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();

            server.pause();
            await().atMost(Duration.ofSeconds(4)).until(() -> link.state() == LinkState.DOWN);
            server.resume();

            await().atMost(Duration.ofSeconds(4)).until(() -> link.state() == LinkState.UP);
            assertThat(log.link(Level.WARN)).singleElement().asString().contains("frozen");
        }
    }
}
