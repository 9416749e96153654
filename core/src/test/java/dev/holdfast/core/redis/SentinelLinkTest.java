package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Servers
@Tag("fault")
class SentinelLinkTest {
    private static final Duration DEADLINE = Duration.ofMillis(300);

    private RedisSentinel redis;
    private RedisLink link;

    @BeforeEach
    void start(@Exclusive RedisSentinel sentinel) {
        redis = sentinel;
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
    }

    @AfterEach
    void stop() {
        link.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private boolean set(String key) {
        try {
            return "OK".equals(link.call(DEADLINE, c -> c.set(bytes(key), bytes("v"))));
        } catch (RedisException e) {
            return false;
        }
    }

    @Test
    void primary_killed_and_commands_work_again_after_the_promotion() {
        long generation = link.generation();
        List<String> seen = new CopyOnWriteArrayList<>();
        link.subscribe(bytes("news"), new SubscriptionListener() {
            @Override
            public void onSubscribed(long number) {
                seen.add("subscribed " + number);
            }

            @Override
            public void onMessage(byte[] message) {
                seen.add(new String(message, UTF_8));
            }
        });
        await().until(() -> seen.contains("subscribed 1"));

        redis.killPrimary();
        RedisServer promoted = redis.awaitPromotion();

        await().atMost(Duration.ofSeconds(3)).until(() -> set("after"));
        assertThat(promoted.command("GET", "after").text()).isEqualTo("v");
        assertThat(link.generation()).isGreaterThan(generation);
        await().atMost(Duration.ofSeconds(3)).until(() -> seen.contains("subscribed 2"));
        promoted.command("PUBLISH", "news", "hello");
        await().until(() -> seen.contains("hello"));
    }

    @Test
    void primary_frozen_and_commands_work_on_the_promoted_and_never_land_on_the_stale_one() throws Exception {
        Map<String, Long> written = new ConcurrentHashMap<>();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger number = new AtomicInteger();
        Thread writer = new Thread(() -> {
            while (running.get()) {
                String key = "k" + number.incrementAndGet();
                long begun = System.nanoTime();
                set(key);
                written.put(key, begun);
            }
        });
        writer.start();
        await().until(() -> number.get() > 100);

        RedisServer frozen = redis.pausePrimary();
        RedisServer promoted = redis.awaitPromotion();
        long promotion = System.nanoTime();
        await().atMost(Duration.ofSeconds(3)).until(() -> set("after"));
        int reached = number.get();
        await().until(() -> number.get() > reached + 100);
        frozen.resume();
        // A stale primary is a primary still: look before the sentinels take it back.
        List<String> onStale = frozen.command("KEYS", "*").texts();
        running.set(false);
        writer.join();

        assertThat(promoted.command("GET", "after").text()).isEqualTo("v");
        assertThat(onStale).isNotEmpty().doesNotContain("after");
        assertThat(onStale)
                .filteredOn(key -> written.containsKey(key) && written.get(key) > promotion)
                .isEmpty();
        assertThat(link.state()).isEqualTo(LinkState.UP);
    }

    @Test
    void sentinel_that_is_frozen_does_not_hinder_the_start() {
        redis.sentinels().get(0).pause();
        try (RedisLink another = RedisLink.connect(redis.uri())) {
            assertThat(another.awaitUp(Duration.ofSeconds(3))).isTrue();
        }
    }

    @Test
    void unknown_name_of_the_primary_is_a_problem() {
        try (RedisLink another = RedisLink.connect(redis.uri().replaceAll("#.*", "#nobody"))) {
            await().atMost(Duration.ofSeconds(5)).until(() -> another.refusal().isPresent());
            assertThat(another.refusal().orElseThrow().code()).isEqualTo("redis.sentinel.primary");
        }
    }
}
