package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Closing a link in the middle of something. */
class CloseTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] KEY = "k".getBytes(UTF_8);

    private RedisServer server;
    private RedisLink link;

    @BeforeEach
    void start() {
        server = RedisServers.standalone();
        link = RedisLink.connect(server.uri());
        assertThat(link.awaitUp(SOON)).isTrue();
    }

    @AfterEach
    void stop() {
        link.close();
        server.close();
    }

    private static void awaitNoThreads() {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("holdfast-redis")));
    }

    @Test
    void operation_under_way_fails_whatever_it_waits_for() {
        CompletableFuture<Object> command =
                link.callAsync(SECOND.multipliedBy(60), c -> c.blpop(60, KEY).thenApply(x -> x));
        CompletableFuture<Object> step = link.callAsync(SECOND.multipliedBy(60), c -> new CompletableFuture<>());

        link.close();

        assertThat(command)
                .failsWithin(SOON)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(RedisException.class);
        assertThat(step)
                .failsWithin(SOON)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(RedisException.class);
    }

    @Test
    void link_closed_by_whoever_sees_a_timeout_releases_all_threads() {
        server.pause();

        CompletableFuture<byte[]> closing =
                link.callAsync(Duration.ofMillis(50), c -> c.get(KEY)).whenComplete((value, failure) -> link.close());

        assertThat(closing)
                .failsWithin(SOON)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(RedisTimeoutException.class);
        awaitNoThreads();
        assertThat(link.state()).isEqualTo(LinkState.CLOSED);
        server.resume();
    }

    @Test
    void operations_that_race_with_close_fail_as_documented() {
        for (int round = 0; round < 20; round++) {
            RedisLink racing =
                    RedisLink.builder(server.uri()).serverCheck(false).connect();
            assertThat(racing.awaitUp(SOON)).isTrue();
            AtomicInteger succeeded = new AtomicInteger();
            CompletableFuture<Throwable> seen = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                while (!seen.isDone()) {
                    CompletableFuture<byte[]> one = racing.callAsync(SECOND, c -> c.get(KEY));
                    try {
                        one.get();
                        succeeded.incrementAndGet();
                    } catch (ExecutionException e) {
                        seen.complete(e.getCause());
                    } catch (InterruptedException e) {
                        seen.complete(e);
                    }
                }
            });
            caller.start();
            await().pollInterval(Duration.ofMillis(1)).until(() -> succeeded.get() > 10);
            racing.close();

            assertThat(seen).succeedsWithin(SOON).isInstanceOf(RedisException.class);
        }
    }
}
