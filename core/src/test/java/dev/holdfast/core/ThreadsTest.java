package dev.holdfast.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    @Test
    void daemon_threads_areNamedAndDoNotHoldTheJvm() {
        var factory = Threads.daemon("holdfast-test");
        Thread first = factory.newThread(() -> {});
        Thread second = factory.newThread(() -> {});
        assertThat(first.isDaemon()).isTrue();
        assertThat(first.getName()).isEqualTo("holdfast-test");
        assertThat(second.getName()).isEqualTo("holdfast-test-2");
    }

    @Test
    void blocking_onThisJvm_usesVirtualThreadsIfThereAreAny() throws Exception {
        ExecutorService executor = Threads.blocking("holdfast-blocking");
        try {
            String description =
                    executor.submit(() -> Thread.currentThread().toString()).get(10, TimeUnit.SECONDS);
            assertThat(description.startsWith("VirtualThread")).isEqualTo(Threads.virtualThreadsAvailable());
            assertThat(description).contains("holdfast-blocking");
        } finally {
            executor.shutdownNow();
        }
    }
}
