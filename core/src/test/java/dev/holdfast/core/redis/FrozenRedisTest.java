package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A server that accepts and never answers. */
@Tag("fault")
class FrozenRedisTest {
    private static final Duration DEADLINE = Duration.ofMillis(200);
    private static final Duration TOLERANCE = Duration.ofMillis(250);
    private static final int THREADS = 32;
    private static final byte[] KEY = "k".getBytes(UTF_8);

    private RedisServer server;
    private RedisLink link;

    @BeforeEach
    void start() {
        server = RedisServers.standalone();
        link = RedisLink.builder(server.uri()).serverCheck(false).connect();
        assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
    }

    @AfterEach
    void stop() {
        link.close();
        server.close();
    }

    /** Calls as a cache does: ask, and go without if there is no answer. */
    private static final class Load implements AutoCloseable {
        final ConcurrentLinkedQueue<long[]> calls = new ConcurrentLinkedQueue<>();
        final LongAdder answered = new LongAdder();
        final LongAdder timedOut = new LongAdder();
        private final AtomicBoolean running = new AtomicBoolean(true);
        private final Thread[] threads = new Thread[THREADS];

        Load(RedisLink link) {
            for (int i = 0; i < THREADS; i++) {
                threads[i] = new Thread(() -> {
                    while (running.get()) {
                        long start = System.nanoTime();
                        try {
                            link.call(DEADLINE, c -> c.get(KEY));
                            answered.increment();
                        } catch (RedisTimeoutException e) {
                            timedOut.increment();
                        } catch (RedisException e) {
                            // Goes without.
                        }
                        calls.add(new long[] {start, System.nanoTime() - start});
                        Thread.onSpinWait();
                        java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                    }
                });
                threads[i].start();
            }
        }

        long[] sortedNanosSince(long since) {
            return calls.stream()
                    .filter(c -> c[0] - since > 0)
                    .mapToLong(c -> c[1])
                    .sorted()
                    .toArray();
        }

        @Override
        public void close() throws InterruptedException {
            running.set(false);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private static long p99(long[] sorted) {
        return sorted[sorted.length * 99 / 100];
    }

    @Test
    void frozen_server_under_32_threads_costs_a_bounded_number_of_slow_calls_and_then_nothing() throws Exception {
        long frozenAt;
        long openAt;
        long resumedAt;
        try (Load load = new Load(link)) {
            await().until(() -> load.answered.sum() > 1_000);
            frozenAt = System.nanoTime();
            server.pause();
            await().atMost(Duration.ofSeconds(3)).until(() -> link.state() == LinkState.DOWN);
            openAt = System.nanoTime();
            await().during(Duration.ofSeconds(1)).until(() -> link.state() == LinkState.DOWN);
            resumedAt = System.nanoTime();
            server.resume();
            long answered = load.answered.sum();
            await().atMost(Duration.ofSeconds(3)).until(() -> load.answered.sum() > answered + 1_000);

            load.close();
            long[] all = load.sortedNanosSince(frozenAt);
            assertThat(Duration.ofNanos(all[all.length - 1])).isLessThan(DEADLINE.plus(TOLERANCE));
            // Those under way when it froze, and those that began until ten of them had timed out.
            assertThat(load.timedOut.sum()).isLessThanOrEqualTo(3L * THREADS);
        }
        long[] open;
        try (Load again = new Load(link)) {
            await().until(() -> again.answered.sum() > 100);
            server.pause();
            await().atMost(Duration.ofSeconds(3)).until(() -> link.state() == LinkState.DOWN);
            long since = System.nanoTime();
            await().during(Duration.ofSeconds(1)).until(() -> true);
            again.close();
            open = again.sortedNanosSince(since);
            server.resume();
        }
        long[] disabled;
        try (Load none = new Load(RedisLink.disabled())) {
            long since = System.nanoTime();
            await().during(Duration.ofSeconds(1)).until(() -> true);
            none.close();
            disabled = none.sortedNanosSince(since);
        }
        LoggerFactory.getLogger(getClass())
                .info(
                        "p99 open {} µs, disabled {} µs; down after {} ms",
                        p99(open) / 1_000,
                        p99(disabled) / 1_000,
                        (openAt - frozenAt) / 1_000_000);
        assertThat(resumedAt).isGreaterThan(openAt);
        // Half a millisecond for the scheduler: 32 threads on few cores.
        assertThat(p99(open)).isLessThan(p99(disabled) * 3 / 2 + 500_000);
        assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void twenty_cycles_of_freezing_leave_no_thread_and_no_connection_behind() {
        cycle();
        cycle();
        int threads = ownThreads();
        String clients = server.info("connected_clients").orElseThrow();
        for (int i = 0; i < 18; i++) {
            cycle();
        }

        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(
                        () -> assertThat(server.info("connected_clients")).contains(clients));
        assertThat(ownThreads()).isLessThanOrEqualTo(threads);
        assertThat(link.state()).isEqualTo(LinkState.UP);
    }

    private void cycle() {
        server.pause();
        AtomicInteger waiting = new AtomicInteger();
        while (link.state() == LinkState.UP) {
            int more = 32 - waiting.get();
            for (int i = 0; i < more; i++) {
                waiting.incrementAndGet();
                var unused = link.callAsync(Duration.ofMillis(50), c -> c.get(KEY))
                        .whenComplete((v, e) -> waiting.decrementAndGet());
            }
            Thread.onSpinWait();
        }
        server.resume();
        assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
    }

    private static int ownThreads() {
        List<String> names = Arrays.stream(Thread.getAllStackTraces().keySet().toArray(Thread[]::new))
                .map(Thread::getName)
                .filter(name -> name.startsWith("holdfast-redis"))
                .toList();
        return names.size();
    }
}
