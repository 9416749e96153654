package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StandaloneLinkTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static RedisServer server;

    private RedisLink link;

    @BeforeAll
    static void startServer() {
        server = RedisServers.standalone();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void connect() {
        server.command("FLUSHALL");
        link = RedisLink.connect(server.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
    }

    @AfterEach
    void close() {
        link.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void call_returns_what_the_server_answers() {
        link.call(SECOND, c -> c.set(bytes("k"), bytes("v")));

        byte[] present = link.call(SECOND, c -> c.get(bytes("k")));
        byte[] absent = link.call(SECOND, c -> c.get(bytes("absent")));
        assertThat(present).isEqualTo(bytes("v"));
        assertThat(absent).isNull();
    }

    @Test
    void callAsync_returns_what_the_server_answers() {
        link.call(SECOND, c -> c.set(bytes("k"), bytes("v")));

        assertThat(link.callAsync(SECOND, c -> c.get(bytes("k"))))
                .succeedsWithin(SECOND)
                .isEqualTo(bytes("v"));
    }

    @Test
    void call_with_an_error_reply_throws_and_keeps_the_link() {
        long generation = link.generation();
        link.call(SECOND, c -> c.set(bytes("k"), bytes("v")));

        assertThatThrownBy(() -> link.call(SECOND, c -> c.llen(bytes("k"))))
                .isInstanceOf(RedisException.class)
                .hasMessageContaining("WRONGTYPE");
        assertThat(link.state()).isEqualTo(LinkState.UP);
        assertThat(link.generation()).isEqualTo(generation);
    }

    @Test
    void call_with_an_operation_that_throws_passes_its_exception_on() {
        assertThatThrownBy(() -> link.call(SECOND, c -> {
                    throw new IllegalStateException("mine");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("mine");
        assertThatThrownBy(() -> link.call(
                        SECOND,
                        c -> c.get(bytes("k")).thenApply(v -> {
                            throw new IllegalStateException("decoder");
                        })))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("decoder");
    }

    @Test
    void call_longer_than_its_deadline_times_out() {
        long start = System.nanoTime();

        assertThatThrownBy(() -> link.call(Duration.ofMillis(100), c -> c.blpop(2, bytes("list"))))
                .isInstanceOf(RedisTimeoutException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(95), Duration.ofMillis(350));
    }

    @Test
    void callAsync_longer_than_its_deadline_times_out() {
        assertThat(link.callAsync(Duration.ofMillis(100), c -> c.blpop(2, bytes("list"))))
                .failsWithin(Duration.ofMillis(350))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(RedisTimeoutException.class);
    }

    @Test
    void deadlines_of_any_length_are_taken_as_they_are() {
        for (Duration past : new Duration[] {Duration.ZERO, Duration.ofSeconds(Long.MIN_VALUE)}) {
            assertThat(link.callAsync(past, c -> c.get(bytes("k"))))
                    .failsWithin(SECOND)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(RedisUnavailableException.class);
        }
        assertThat(link.callAsync(Duration.ofSeconds(Long.MAX_VALUE), c -> c.get(bytes("k"))))
                .succeedsWithin(SECOND);
        assertThat(link.awaitUp(Duration.ofSeconds(Long.MAX_VALUE))).isTrue();
    }

    @Test
    void deadlines_too_short_open_the_breaker_but_do_not_cost_the_connection() {
        long generation = link.generation();
        await().atMost(SECOND.multipliedBy(5))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    try {
                        link.call(Duration.ofMillis(1), c -> c.blpop(0.01, bytes("list")));
                        return false;
                    } catch (RedisTimeoutException e) {
                        return false;
                    } catch (RedisUnavailableException e) {
                        return e.getMessage().contains("breaker is open");
                    }
                });

        await().atMost(SECOND.multipliedBy(5))
                .ignoreExceptions()
                .until(() -> "PONG".equals(link.call(SECOND, c -> c.ping())));
        assertThat(link.generation()).isEqualTo(generation);
        assertThat(link.state()).isEqualTo(LinkState.UP);
    }

    @Test
    void script_runs_although_the_server_does_not_know_it() {
        RedisScript<Long> script =
                RedisScript.of("return redis.call('INCRBY', KEYS[1], ARGV[1])", ScriptOutputType.INTEGER);
        byte[][] keys = {bytes("n")};

        Long first = link.call(SECOND, c -> script.run(c, keys, bytes("2")));
        server.command("SCRIPT", "FLUSH");
        Long second = link.call(SECOND, c -> script.run(c, keys, bytes("2")));
        assertThat(first).isEqualTo(2);
        assertThat(second).isEqualTo(4);
    }

    @Test
    void subscribe_delivers_messages_in_order_after_it_is_confirmed() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Registration registration = link.subscribe(bytes("news"), new SubscriptionListener() {
            @Override
            public void onSubscribed(long generation) {
                seen.add("subscribed " + generation);
            }

            @Override
            public void onMessage(byte[] message) {
                seen.add(new String(message, UTF_8));
            }
        });
        await().until(() -> seen.contains("subscribed 1"));

        for (int i = 0; i < 100; i++) {
            server.command("PUBLISH", "news", "m" + i);
        }

        await().until(() -> seen.size() == 101);
        assertThat(seen.get(1)).isEqualTo("m0");
        assertThat(seen.get(100)).isEqualTo("m99");
        registration.close();
        await().until(() ->
                server.command("PUBSUB", "NUMSUB", "news").toString().contains("0"));
    }

    @Test
    void close_refuses_operations_and_releases_all_threads() {
        link.close();

        assertThat(link.state()).isEqualTo(LinkState.CLOSED);
        assertThatThrownBy(() -> link.call(SECOND, c -> c.get(bytes("k"))))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageContaining("CLOSED");
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("holdfast-redis")));
    }
}
