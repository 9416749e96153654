package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** Threads that do everything at a time, in one scope and outside: every load ends, in its own value or its own failure. */
@Tag("stress")
class DispatcherStressTest {
    private static final int THREADS = 8;
    private static final int STEPS = 150;
    private static final long BROKEN = 13;

    private final BatchLoader<Long, String> leaves = BatchLoader.<Long, String>builder("leaf", (keys, call) -> {
                Map<Long, String> found = new HashMap<>();
                for (Long key : keys) {
                    if (key % 50 == BROKEN) {
                        call.fail(key, new IOException("leaf " + key));
                    } else {
                        found.put(key, "leaf " + key);
                    }
                }
                return found;
            })
            .maximumBatchSize(7)
            .build();
    private final BatchLoader<Long, Long> branches = BatchLoader.<Long, Long>builder("branch", (keys, call) -> {
                Map<Long, Long> found = new HashMap<>();
                // Sometimes it needs leaves itself.
                boolean nested = keys.stream().anyMatch(key -> key % 10 == 0);
                keys.forEach(key -> found.put(key, key + 1));
                if (nested) {
                    leaves.load(1_000_000L);
                }
                return found;
            })
            .announcing(leaves, leaf -> leaf)
            .build();

    @RepeatedTest(5)
    @Timeout(value = 100, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void everything_atATime_ends() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try (BatchScope scope = BatchScope.open()) {
            List<Future<?>> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                SplittableRandom random = new SplittableRandom(i);
                Runnable steps = () -> {
                    for (int step = 0; step < STEPS; step++) {
                        step(scope, random);
                    }
                };
                // Half of them in the scope, and half outside.
                threads.add(pool.submit(i % 2 == 0 ? scope.enroll(steps) : steps));
            }
            for (Future<?> thread : threads) {
                thread.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(leaves.stats().timeouts() + branches.stats().timeouts()).isZero();
    }

    private void step(BatchScope scope, SplittableRandom random) {
        long key = random.nextLong(200);
        switch (random.nextInt(8)) {
            case 0 -> expectLeaf(key);
            case 1 -> assertThat(branches.load(key)).isEqualTo(key + 1);
            case 2 -> assertThat(branches.loadAll(List.of(key, key + 1))).containsEntry(key + 1, key + 2);
            case 3 -> {
                CompletableFuture<Long> chained = branches.loadAsync(key).thenCompose(branches::loadAsync);
                assertThat(chained.join()).isEqualTo(key + 2);
            }
            case 4 -> {
                List<CompletableFuture<Long>> futures =
                        List.of(branches.loadAsync(key), branches.loadAsync(key + 1), branches.loadAsync(key));
                futures.get(2).cancel(true);
                CompletableFuture.allOf(futures.get(0), futures.get(1)).join();
                assertThat(futures.get(0)).isCompletedWithValue(key + 1);
            }
            case 5 ->
                assertThat(scope.mapAll(List.of(key, key + 1, key + 2), id -> branches.load(branches.load(id))))
                        .containsExactly(key + 2, key + 3, key + 4);
            case 6 -> {
                branches.clear(key);
                leaves.clear(key);
            }
            default -> {
                try {
                    assertThat(branches.loadAsync(key).get(30, TimeUnit.SECONDS))
                            .isEqualTo(key + 1);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private void expectLeaf(long key) {
        if (key % 50 == BROKEN) {
            assertThatThrownBy(() -> leaves.load(key)).hasMessageContaining("key " + key + " failed");
        } else {
            assertThat(leaves.load(key)).isEqualTo("leaf " + key);
        }
    }
}
