package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.holdfast.core.Problem;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the link remembers of passwords and of listeners. */
class LinkMemoryTest {
    @Test
    void password_given_in_the_settings_stays_masked_however_often_another_is_rotated() {
        AtomicInteger number = new AtomicInteger();
        LinkSecrets secrets = new LinkSecrets(() -> "token-" + number.incrementAndGet(), null);
        secrets.remember("of-the-uri");
        for (int i = 0; i < 100; i++) {
            secrets.password();
        }

        assertThat(secrets.mask("it was of-the-uri")).isEqualTo("it was ***");
        assertThat(secrets.mask("and token-100 or token-99")).isEqualTo("and *** or ***");
    }

    @Test
    void refusal_is_said_once_though_other_failures_come_between() {
        Problem wrong = Problem.error("redis.auth.wrong", "password", "***", "refused", "correct it");
        SerialDispatcher events = new SerialDispatcher("test-events");
        try (LogCapture log = new LogCapture()) {
            LinkLife life = new LinkLife("Redis", events);
            for (int i = 0; i < 5; i++) {
                life.down("refused", null, wrong);
                life.down("timed out", null, null);
            }

            assertThat(log.link(Level.WARN)).singleElement().asString().contains("redis.auth.wrong");
        }
        events.close();
    }

    @Test
    void listener_that_was_removed_is_not_told_of_what_was_still_queued() throws Exception {
        SerialDispatcher events = new SerialDispatcher("test-events");
        LinkLife life = new LinkLife("Redis", events);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        List<LinkState> told = new CopyOnWriteArrayList<>();
        life.addListener(change -> {
            inside.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Registration second = life.addListener(change -> told.add(change.to()));
        life.down("test", null, null);
        inside.await();

        second.close();
        go.countDown();
        events.execute(() -> told.add(LinkState.DISABLED));

        await().until(() -> told.contains(LinkState.DISABLED));
        assertThat(told).containsExactly(LinkState.DISABLED);
        events.close();
    }
}
