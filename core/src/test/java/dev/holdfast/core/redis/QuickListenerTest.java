package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Listeners that take messages on the I/O thread. */
class QuickListenerTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] NEWS = "news".getBytes(UTF_8);

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
        link = RedisLink.connect(server.uri());
    }

    @AfterEach
    void close() {
        link.close();
    }

    /** Takes those messages at once whose number it is told to take. */
    private static final class Taker implements SubscriptionListener {
        final List<Integer> seen = new CopyOnWriteArrayList<>();
        final List<Integer> quick = new CopyOnWriteArrayList<>();
        final List<String> threads = new CopyOnWriteArrayList<>();
        private final IntPredicate takes;
        volatile boolean subscribed;

        Taker(IntPredicate takes) {
            this.takes = takes;
        }

        @Override
        public void onSubscribed(long generation) {
            subscribed = true;
        }

        @Override
        public boolean tryMessage(byte[] message) {
            int number = Integer.parseInt(new String(message, UTF_8));
            if (!takes.test(number)) {
                return false;
            }
            quick.add(number);
            seen(number);
            return true;
        }

        @Override
        public void onMessage(byte[] message) {
            seen(Integer.parseInt(new String(message, UTF_8)));
        }

        private void seen(int number) {
            threads.add(Thread.currentThread().getName().replaceAll("-\\d.*", ""));
            seen.add(number);
        }
    }

    private Taker subscribe(Taker taker) {
        link.subscribe(NEWS, taker);
        await().atMost(SOON).until(() -> taker.subscribed);
        return taker;
    }

    private static void publish(int number) {
        server.command("PUBLISH", "news", Integer.toString(number));
    }

    @Test
    void message_that_finds_nothing_before_it_is_taken_on_the_io_thread() {
        Taker taker = subscribe(new Taker(number -> true));

        // The subscription's own confirmation may still be having its turn.
        await().atMost(SOON).until(() -> {
            publish(1);
            return !taker.quick.isEmpty();
        });

        assertThat(taker.threads.get(taker.seen.size() - 1)).isEqualTo("holdfast-redis-io");
    }

    @Test
    void messages_stay_in_order_whoever_takes_them_and_wherever() {
        Taker often = subscribe(new Taker(number -> number % 3 != 0));
        Taker seldom = subscribe(new Taker(number -> number % 7 == 0));
        Taker never = subscribe(new Taker(number -> false));

        IntStream.range(0, 3_000).forEach(QuickListenerTest::publish);

        Integer[] all = IntStream.range(0, 3_000).boxed().toArray(Integer[]::new);
        for (Taker taker : List.of(often, seldom, never)) {
            await().atMost(SOON).until(() -> taker.seen.size() == 3_000);
            assertThat(taker.seen).containsExactly(all);
        }
        assertThat(often.quick).isNotEmpty();
        assertThat(never.threads).containsOnly("holdfast-redis-messages");
    }

    @Test
    void slow_listener_makes_the_quick_one_wait_and_not_the_io_thread() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        link.metrics().bindTo(registry);
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<String> slowOn = new AtomicReference<>();
        Taker quick = subscribe(new Taker(number -> true));
        link.subscribe("slow".getBytes(UTF_8), new SubscriptionListener() {
            @Override
            public void onSubscribed(long generation) {
                slowOn.set("subscribed");
            }

            @Override
            public void onMessage(byte[] message) {
                slowOn.set(Thread.currentThread().getName());
                try {
                    release.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        await().atMost(SOON).until(() -> "subscribed".equals(slowOn.get()));
        server.command("PUBLISH", "slow", "x");
        await().atMost(SOON).until(() -> "holdfast-redis-messages".equals(slowOn.get()));

        publish(1);
        publish(2);
        Gauge backlog = registry.get("holdfast.redis.subscription.backlog").gauge();
        await().atMost(SOON).until(() -> backlog.value() >= 2); // Both have arrived.
        assertThat(link.<String>call(SOON, c -> c.ping())).isEqualTo("PONG");
        assertThat(quick.seen).isEmpty();
        release.countDown();

        await().atMost(SOON).until(() -> quick.seen.size() == 2);
        assertThat(quick.seen).containsExactly(1, 2);
        assertThat(quick.threads).containsOnly("holdfast-redis-messages");
    }

    @Test
    void quick_listener_that_throws_is_counted_and_not_asked_again_for_that_message() {
        List<String> seen = new CopyOnWriteArrayList<>();
        link.subscribe(NEWS, new SubscriptionListener() {
            @Override
            public void onSubscribed(long generation) {
                seen.add("subscribed");
            }

            @Override
            public boolean tryMessage(byte[] message) {
                seen.add("tried");
                throw new IllegalStateException("mine");
            }

            @Override
            public void onMessage(byte[] message) {
                seen.add("queued");
            }
        });
        await().atMost(SOON).until(() -> seen.contains("subscribed"));

        AtomicInteger published = new AtomicInteger();
        await().atMost(SOON).until(() -> {
            publish(published.incrementAndGet()); // The confirmation may still be having its turn.
            return seen.contains("tried");
        });

        await().atMost(SOON).until(() -> seen.size() == 1 + published.get()); // Each of them once, either way.
        await().during(Duration.ofMillis(200)).until(() -> seen.size() == 1 + published.get());
    }
}
