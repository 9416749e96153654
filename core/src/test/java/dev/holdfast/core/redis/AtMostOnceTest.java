package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A command is sent at most once, whatever happens to its reply. */
class AtMostOnceTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int NARROW = 8;
    private static final byte[] KEY = "n".getBytes(UTF_8);

    private RedisServer server;
    private FaultProxy proxy;
    private RedisLink link;

    @BeforeEach
    void start() {
        server = RedisServers.standalone();
        proxy = FaultProxy.to(server);
        link = RedisLink.connect("redis://" + proxy.host() + ":" + proxy.port());
        assertThat(link.awaitUp(SOON)).isTrue();
    }

    @AfterEach
    void stop() {
        link.close();
        proxy.close();
        server.close();
    }

    @Test
    void executed_command_whose_reply_is_lost_with_the_connection_is_not_sent_again() {
        proxy.swallowRepliesUntilReset();
        CompletableFuture<Long> reply = link.callAsync(Duration.ofSeconds(10), c -> c.incr(KEY));
        await().atMost(SOON).until(() -> "1".equals(server.command("GET", "n").text()));
        proxy.resetAll();

        RedisException e = catchThrowableOfType(RedisException.class, () -> {
            try {
                reply.join();
            } catch (java.util.concurrent.CompletionException wrapped) {
                throw wrapped.getCause();
            }
        });
        assertThat(e.possiblyExecuted()).isTrue();
        assertThat(link.awaitUp(SOON)).isTrue();
        String ping = link.call(SECOND, c -> c.ping());
        assertThat(ping).isEqualTo("PONG");
        assertThat(server.command("GET", "n").text()).isEqualTo("1");
    }

    @Test
    void whoever_sees_a_command_fail_with_the_connection_finds_the_link_down() {
        for (int round = 0; round < 10; round++) {
            proxy.swallowRepliesUntilReset();
            AtomicReference<LinkState> found = new AtomicReference<>();
            CompletableFuture<Long> reply = link.callAsync(Duration.ofSeconds(10), c -> c.incr(KEY))
                    .whenComplete((value, failure) -> found.set(link.state()));
            long answers = proxy.bytesSwallowed();
            await().atMost(SOON).until(() -> proxy.bytesSwallowed() > answers || reply.isDone());
            proxy.resetAll();

            assertThat(reply).failsWithin(SOON);
            assertThat(found.get()).isEqualTo(LinkState.DOWN);
            await().atMost(SOON).until(() -> link.state() == LinkState.UP);
        }
    }

    @Test
    void script_whose_reply_is_lost_is_not_sent_again() {
        RedisScript<Long> script = RedisScript.of("return redis.call('INCR', KEYS[1])", ScriptOutputType.INTEGER);
        link.call(SECOND, c -> script.run(c, new byte[][] {KEY}));
        proxy.swallowRepliesUntilReset();
        CompletableFuture<Long> reply = link.callAsync(Duration.ofSeconds(10), c -> script.run(c, new byte[][] {KEY}));
        await().atMost(SOON).until(() -> "2".equals(server.command("GET", "n").text()));
        proxy.resetAll();

        assertThat(reply).failsWithin(SOON);
        assertThat(link.awaitUp(SOON)).isTrue();
        link.call(SECOND, c -> c.ping());
        assertThat(server.command("GET", "n").text()).isEqualTo("2");
    }

    @Test
    void nothing_is_sent_later_for_an_operation_that_was_refused_or_timed_out() {
        proxy.cutAndReset();
        await().atMost(SOON).until(() -> link.state() == LinkState.DOWN);
        for (int i = 0; i < 100; i++) {
            RedisException e = catchThrowableOfType(RedisException.class, () -> link.call(SECOND, c -> c.incr(KEY)));
            assertThat(e.possiblyExecuted()).isFalse();
        }
        proxy.heal();
        assertThat(link.awaitUp(SOON)).isTrue();
        link.call(SECOND, c -> c.ping());

        assertThat(server.command("EXISTS", "n").number()).isZero();
    }

    @Test
    void operation_whose_last_command_was_refused_after_another_was_sent_counts_as_possibly_executed() {
        try (RedisLink narrow = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .requestQueueSize(NARROW)
                .serverCheck(false)
                .connect()) {
            assertThat(narrow.awaitUp(SOON)).isTrue();
            // The queue holds them until their answers are back.
            proxy.latency(Duration.ofMillis(100));

            RedisException e = catchThrowableOfType(
                    RedisException.class,
                    () -> narrow.call(SOON, c -> {
                        for (int i = 0; i < NARROW; i++) {
                            var unused = c.incr(KEY);
                        }
                        return c.get(KEY);
                    }));

            assertThat(e).hasMessageContaining("not accepted");
            assertThat(e.possiblyExecuted()).isTrue();
            await().atMost(SOON)
                    .until(() -> Integer.toString(NARROW)
                            .equals(server.command("GET", "n").text()));
        }
    }

    @Test
    void command_refused_by_a_full_queue_was_not_executed() {
        try (RedisLink narrow = RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .requestQueueSize(NARROW)
                .serverCheck(false)
                .connect()) {
            assertThat(narrow.awaitUp(SOON)).isTrue();
            proxy.latency(Duration.ofMillis(100));
            List<CompletableFuture<byte[]>> first = new ArrayList<>();
            for (int i = 0; i < NARROW; i++) {
                first.add(narrow.callAsync(SOON, c -> c.get(KEY)));
            }

            RedisException e = catchThrowableOfType(RedisException.class, () -> narrow.call(SOON, c -> c.incr(KEY)));

            assertThat(e).isInstanceOf(RedisUnavailableException.class);
            assertThat(e.possiblyExecuted()).isFalse();
            assertThat(first).allSatisfy(one -> assertThat(one).succeedsWithin(SOON));
        }
    }

    @Test
    void script_flush_under_load_reaches_no_caller() throws Exception {
        RedisScript<Long> script = RedisScript.of("return redis.call('INCR', KEYS[1])", ScriptOutputType.INTEGER);
        AtomicBoolean running = new AtomicBoolean(true);
        LongAdder calls = new LongAdder();
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                while (running.get()) {
                    try {
                        link.call(SECOND, c -> script.run(c, new byte[][] {KEY}));
                        calls.increment();
                    } catch (Throwable t) {
                        errors.add(t);
                    }
                }
            });
            threads[i].start();
        }
        for (int i = 0; i < 200; i++) {
            server.command("SCRIPT", "FLUSH");
        }
        running.set(false);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(errors).isEmpty();
        assertThat(calls.sum()).isPositive();
        assertThat(server.command("GET", "n").text()).isEqualTo(Long.toString(calls.sum()));
    }

    @Test
    @Tag("fault")
    void silently_cut_subscription_is_noticed_and_made_again() {
        List<String> seen = new CopyOnWriteArrayList<>();
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
        await().atMost(SOON).until(() -> seen.contains("subscribed 1"));

        proxy.cutServerToClient();
        await().atMost(SOON).until(() -> seen.contains("lost"));
        proxy.heal();

        await().atMost(SOON).until(() -> seen.contains("subscribed 2"));
        server.command("PUBLISH", "news", "after");
        await().atMost(SOON).until(() -> seen.contains("after"));
    }
}
