package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerialDispatcherTest {
    private final SerialDispatcher tasks = new SerialDispatcher("test-tasks");

    @AfterEach
    void close() {
        tasks.close();
    }

    @Test
    void task_that_finds_nothing_before_it_runs_on_the_thread_that_brings_it() {
        Thread[] ran = new Thread[1];

        assertThat(tasks.tryRun(() -> ran[0] = Thread.currentThread())).isTrue();

        assertThat(ran[0]).isSameAs(Thread.currentThread());
    }

    @Test
    void task_does_not_overtake_one_that_runs_or_waits() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        List<String> seen = new ArrayList<>(); // Written by one task at a time, and read once all have run.
        tasks.execute(() -> {
            running.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                seen.add("interrupted");
            }
            seen.add("first");
        });
        running.await();
        assertThat(tasks.tryRun(() -> seen.add("overtaking"))).isFalse();
        tasks.execute(() -> seen.add("second"));
        assertThat(tasks.backlog()).isEqualTo(1);
        assertThat(tasks.tryRun(() -> seen.add("overtaking"))).isFalse();

        release.countDown();

        await().until(() -> tasks.tryRun(() -> seen.add("last")));
        assertThat(seen).containsExactly("first", "second", "last");
    }

    @Test
    void task_queued_by_one_that_runs_on_the_thread_that_brought_it_comes_after_it() {
        List<String> seen = new ArrayList<>();

        tasks.tryRun(() -> {
            tasks.execute(() -> seen.add("second"));
            assertThat(tasks.tryRun(() -> seen.add("nested"))).isFalse();
            seen.add("first");
        });

        await().until(() -> tasks.tryRun(() -> seen.add("last")));
        assertThat(seen).containsExactly("first", "second", "last");
    }

    @Test
    void turns_of_many_threads_exclude_each_other_and_none_is_lost() throws Exception {
        int[] plain = new int[1]; // Lost updates show that two turns were taken at once, or did not see each other.
        AtomicInteger expected = new AtomicInteger();
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(number -> new Thread(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        if (i % 3 == number % 3 || !tasks.tryRun(() -> plain[0]++)) {
                            tasks.execute(() -> plain[0]++);
                        }
                        expected.incrementAndGet();
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        int[] seen = {-1};
        await().until(() -> tasks.tryRun(() -> seen[0] = plain[0]));
        assertThat(seen[0]).isEqualTo(80_000).isEqualTo(expected.get());
    }

    @Test
    void task_that_throws_on_the_thread_that_brings_it_is_counted_and_the_next_one_runs() {
        assertThat(tasks.tryRun(() -> {
                    throw new IllegalStateException("mine");
                }))
                .isTrue();
        assertThat(tasks.tryRun(() -> {})).isTrue();

        assertThat(tasks.failures()).isEqualTo(1);
    }

    @Test
    void queued_tasks_run_after_close_and_later_ones_do_not() {
        List<String> seen = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        tasks.tryRun(() -> {
            tasks.execute(() -> {
                seen.add("queued");
                done.countDown();
            });
            tasks.close();
            tasks.execute(() -> seen.add("late"));
        });

        await().until(() -> done.getCount() == 0);
        assertThat(tasks.tryRun(() -> seen.add("later"))).isFalse();
        assertThat(seen).containsExactly("queued");
    }
}
