package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However a thousand loads on two levels are written, they are two batches, every time. */
class CoalescingTest {
    private static final int RUNS = 400;
    private static final List<Long> IDS = LongStream.range(0, 1_000).boxed().toList();

    private CountingSource<Long, Long> orderSource = CountingSource.orders();
    private CountingSource<Long, String> userSource = CountingSource.users();
    private BatchLoader<Long, Long> orders;
    private BatchLoader<Long, String> users;

    private void begin() {
        orderSource = CountingSource.orders();
        userSource = CountingSource.users();
        orders = BatchLoader.mapped("order", orderSource);
        users = BatchLoader.mapped("user", userSource);
    }

    private void assertTwoBatches(int run) {
        assertThat(orderSource.sizes()).as("batches of orders in run %s", run).containsExactly(IDS.size());
        assertThat(userSource.sizes()).as("batches of users in run %s", run).containsExactly(IDS.size());
    }

    private static List<String> expected() {
        return IDS.stream().map(id -> "user " + (id + 100_000)).toList();
    }

    @Test
    void mapAll_onTwoLevels_isTwoBatches() {
        // A thousand platform threads per run take their time.
        mapAll(Threads.virtualThreadsAvailable() ? RUNS : RUNS / 10);
    }

    @Test
    @Tag("nightly")
    @Timeout(600)
    void mapAll_onTwoLevels_isTwoBatchesOnPlatformThreadsTooEveryTime() {
        mapAll(RUNS);
    }

    private void mapAll(int runs) {
        for (int run = 0; run < runs; run++) {
            begin();
            try (BatchScope scope = BatchScope.open()) {
                assertThat(scope.mapAll(IDS, id -> users.load(orders.load(id)))).isEqualTo(expected());
            }
            assertTwoBatches(run);
        }
    }

    @Test
    void enrolledVirtualThreads_onTwoLevels_areTwoBatches() throws Exception {
        assumeTrue(Threads.virtualThreadsAvailable(), "this JVM has no virtual threads");
        ExecutorService virtual = Threads.blocking("test");
        for (int run = 0; run < RUNS; run++) {
            begin();
            try (BatchScope scope = BatchScope.open()) {
                List<Callable<String>> tasks = new ArrayList<>();
                for (Long id : IDS) {
                    tasks.add(scope.enroll(() -> users.load(orders.load(id))));
                }
                List<String> found = new ArrayList<>();
                for (Future<String> result : virtual.invokeAll(tasks)) {
                    found.add(result.get());
                }
                assertThat(found).isEqualTo(expected());
            }
            assertTwoBatches(run);
        }
    }

    @Test
    void futures_onTwoLevels_areTwoBatches() {
        for (int run = 0; run < RUNS; run++) {
            begin();
            try (BatchScope scope = BatchScope.open()) {
                List<CompletableFuture<String>> futures = IDS.stream()
                        .map(id -> orders.loadAsync(id).thenCompose(users::loadAsync))
                        .toList();
                assertThat(futures.stream().map(CompletableFuture::join).toList())
                        .isEqualTo(expected());
            }
            assertTwoBatches(run);
        }
    }

    @Test
    void loop_withAnnounce_isTwoBatches() {
        for (int run = 0; run < RUNS; run++) {
            begin();
            BatchLoader<Long, Long> announcing = BatchLoader.builder("order", orderSource)
                    .announcing(users, user -> user)
                    .build();
            try (BatchScope scope = BatchScope.open()) {
                announcing.announce(IDS);
                List<String> found = new ArrayList<>();
                for (Long id : IDS) {
                    found.add(users.load(announcing.load(id)));
                }
                assertThat(found).isEqualTo(expected());
            }
            assertTwoBatches(run);
        }
    }
}
