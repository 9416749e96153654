package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever waits for whatever: it ends in a value or in a typed error. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NothingHangsTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    private final CountingSource<Long, Long> orderSource = CountingSource.orders();
    private final CountingSource<Long, String> userSource = CountingSource.users();
    private final BatchLoader<Long, Long> orders = BatchLoader.mapped("order", orderSource);
    private final BatchLoader<Long, String> users = BatchLoader.mapped("user", userSource);
    private final CountDownLatch never = new CountDownLatch(1);
    private final ExecutorService single = Executors.newSingleThreadExecutor();

    @AfterEach
    void release() {
        never.countDown();
        single.shutdownNow();
    }

    // ---- Futures.

    /** The scenario in which java-dataloader hangs unless its scheduled registry is in ticker mode. */
    @Test
    void chainedLoads_completeWithoutATicker() {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> chained = orders.loadAsync(1L)
                    .thenCompose(orders::loadAsync)
                    .thenCompose(users::loadAsync)
                    .thenApply(user -> "<" + user + ">");
            assertThat(chained.join()).isEqualTo("<user 200001>");
            assertThat(scope.isClosed()).isFalse();
        }
    }

    @Test
    void allOf_whichKnowsNothingOfUs_completes() {
        try (BatchScope scope = BatchScope.open()) {
            List<CompletableFuture<String>> futures = LongStream.range(0, 100)
                    .boxed()
                    .map(id -> orders.loadAsync(id).thenCompose(users::loadAsync))
                    .toList();
            CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]))
                    .join();
            assertThat(futures).allMatch(CompletableFuture::isDone);
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(orderSource.sizes()).containsExactly(100);
        assertThat(userSource.sizes()).containsExactly(100);
    }

    @Test
    void futuresOutsideScopes_completeWithoutAnybodyWaiting() {
        List<CompletableFuture<String>> futures = LongStream.range(0, 100)
                .boxed()
                .map(id -> orders.loadAsync(id).thenCompose(users::loadAsync))
                .toList();
        await().until(() -> futures.stream().allMatch(CompletableFuture::isDone));
        assertThat(futures.get(99).join()).isEqualTo("user 100099");
    }

    @Test
    void get_withATimeout_returnsInTime_andTheBatchGoesOn() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        BatchLoader<Long, String> loader = BatchLoader.mapped("slow", (keys, call) -> {
            slow.await();
            return Map.of(1L, "late");
        });
        CompletableFuture<String> future = loader.loadAsync(1L);
        assertThatThrownBy(() -> future.get(20, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        slow.countDown();
        assertThat(future.get(30, TimeUnit.SECONDS)).isEqualTo("late");
        assertThat(loader.stats().batches()).isEqualTo(1);
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> scoped = orders.loadAsync(1L).thenCompose(users::loadAsync);
            assertThat(scoped.get(30, TimeUnit.SECONDS)).isEqualTo("user 100001");
            assertThat(scope.isClosed()).isFalse();
        }
    }

    @Test
    void callback_thatJoinsAnotherFutureOfItsBatch_doesNotWaitForItself() {
        try (BatchScope scope = BatchScope.open()) {
            AtomicReference<CompletableFuture<String>> other = new AtomicReference<>();
            CompletableFuture<String> one = users.loadAsync(1L)
                    .thenApply(user -> user + " and " + other.get().join());
            other.set(users.loadAsync(2L).thenApply(user -> "derived " + user));
            assertThat(one.join()).isEqualTo("user 1 and derived user 2");
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(userSource.sizes()).containsExactly(2);
    }

    @Test
    void callback_thatLoadsAndWaits_isServed() {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> user = orders.loadAsync(1L).thenApply(users::load);
            scope.join(CompletableFuture.allOf(user));
            assertThat(user).isCompletedWithValue("user 100001");
        }
    }

    // ---- Loads inside batch functions.

    @Test
    void batchFunction_mayLoad() {
        BatchLoader<Long, String> outer = BatchLoader.mapped("outer", (keys, call) -> users.loadAll(keys));
        assertThat(outer.load(1L)).isEqualTo("user 1");
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.mapAll(List.of(2L, 3L), outer::load)).containsExactly("user 2", "user 3");
            assertThat(outer.loadAsync(4L)
                            .thenCompose(user -> outer.loadAsync(5L))
                            .join())
                    .isEqualTo("user 5");
        }
        assertThat(userSource.sizes()).containsExactly(1, 2, 1, 1);
    }

    @Test
    void batchFunction_mayLoadFromItsOwnLoader() {
        AtomicReference<BatchLoader<Long, Long>> self = new AtomicReference<>();
        BatchLoader<Long, Long> factorial = BatchLoader.mapped("factorial", (keys, call) -> {
            Map<Long, Long> found = new java.util.HashMap<>();
            for (Long n : keys) {
                found.put(n, n <= 1 ? 1 : n * self.get().load(n - 1));
            }
            return found;
        });
        self.set(factorial);
        assertThat(factorial.load(10L)).isEqualTo(3_628_800L);
        try (BatchScope scope = BatchScope.open()) {
            assertThat(factorial.load(5L)).isEqualTo(120L);
            assertThat(factorial.load(6L)).isEqualTo(720L);
            assertThat(scope.isClosed()).isFalse();
        }
    }

    @Test
    void batchFunction_thatWaitsForItsOwnKey_isToldSo() {
        AtomicReference<BatchLoader<Long, Long>> self = new AtomicReference<>();
        BatchLoader<Long, Long> circular =
                BatchLoader.mapped("circular", (keys, call) -> self.get().loadAll(keys));
        self.set(circular);
        try (BatchScope scope = BatchScope.open()) {
            assertThatThrownBy(() -> circular.load(1L))
                    .isInstanceOf(BatchLoadException.class)
                    .hasMessageContaining("waits for 1 keys, which cannot be loaded before it returns");
            assertThat(scope.isClosed()).isFalse();
        }
        assertThatThrownBy(() -> circular.load(1L)).isInstanceOf(BatchLoadException.class);
    }

    @Test
    void loadersThatCallEachOther_acrossThreads_areServed() throws Exception {
        AtomicReference<BatchLoader<Long, Long>> other = new AtomicReference<>();
        BatchLoader<Long, Long> ping = BatchLoader.mapped("ping", (keys, call) -> {
            Map<Long, Long> found = new java.util.HashMap<>();
            keys.forEach(n -> found.put(n, n == 0 ? 0 : 1 + other.get().load(n - 1)));
            return found;
        });
        BatchLoader<Long, Long> pong = BatchLoader.mapped("pong", (keys, call) -> {
            Map<Long, Long> found = new java.util.HashMap<>();
            keys.forEach(n -> found.put(n, n == 0 ? 0 : 1 + ping.load(n - 1)));
            return found;
        });
        other.set(pong);
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<Long>> results = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                BatchLoader<Long, Long> first = i % 2 == 0 ? ping : pong;
                results.add(pool.submit(() -> first.load(6L)));
            }
            for (Future<Long> result : results) {
                assertThat(result.get()).isEqualTo(6);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    // ---- Executors that are too small, locks, and tasks that never run.

    @Test
    void singleThread_withEnrolledTasks_isEnough() throws Exception {
        try (BatchScope scope = BatchScope.open()) {
            List<Future<String>> results = new ArrayList<>();
            for (long id = 0; id < 5; id++) {
                long order = id;
                results.add(single.submit(scope.enroll(() -> users.load(orders.load(order)))));
            }
            for (int i = 0; i < 5; i++) {
                assertThat(results.get(i).get()).isEqualTo("user " + (100_000 + i));
            }
        }
    }

    @Test
    void enrolledTask_thatNeverStarts_holdsNobodyUpForLong() {
        try (BatchScope scope = BatchScope.open()) {
            Runnable forgotten = scope.enroll(() -> {});
            assertThat(scope.mapAll(List.of(1L, 2L), users::load)).containsExactly("user 1", "user 2");
            assertThat(forgotten).isNotNull();
        }
    }

    @Test
    void enrolledThread_thatWaitsForALockOfAWaitingOne_isNotWaitedFor() {
        ReentrantLock lock = new ReentrantLock();
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.mapAll(List.of(1L, 2L, 3L), id -> {
                        lock.lock();
                        try {
                            return users.load(id);
                        } finally {
                            lock.unlock();
                        }
                    }))
                    .containsExactly("user 1", "user 2", "user 3");
        }
    }

    @Test
    void nestedMapAll_isServed() {
        try (BatchScope scope = BatchScope.open()) {
            List<List<String>> found =
                    scope.mapAll(List.of(1L, 2L, 3L), a -> scope.mapAll(List.of(10L, 20L), b -> users.load(a + b)));
            assertThat(found.get(2)).containsExactly("user 13", "user 23");
        }
        assertThat(userSource.sizes()).containsExactly(6);
    }

    @Test
    void scopeInsideAnEnrolledTask_doesNotHoldUpTheOuterOne() {
        try (BatchScope outer = BatchScope.open()) {
            List<String> found = outer.mapAll(List.of(1L, 2L), id -> {
                try (BatchScope inner = BatchScope.open()) {
                    assertThat(inner.isClosed()).isFalse();
                    return inner.mapAll(List.of(id), users::load).get(0);
                }
            });
            assertThat(found).containsExactly("user 1", "user 2");
        }
    }

    // ---- Functions that do not return.

    @Test
    void functionThatNeverReturns_isInterrupted_andAllItsCallersHearOfIt() {
        AtomicBoolean interrupted = new AtomicBoolean();
        BatchLoader<Long, String> stuck = BatchLoader.<Long, String>builder("stuck", (keys, call) -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                        throw e;
                    }
                    return Map.of();
                })
                .timeout(SHORT)
                .build();
        try (BatchScope scope = BatchScope.open()) {
            assertThatThrownBy(() -> scope.mapAll(List.of(1L, 2L, 3L), stuck::load))
                    .isInstanceOf(BatchTimeoutException.class)
                    .hasMessageStartingWith(
                            "loader 'stuck': no answer within 200 ms: the batch function has not returned"
                                    + " from 3 keys [");
            assertThatThrownBy(() -> stuck.load(1L)).isInstanceOf(BatchTimeoutException.class);
            assertThatThrownBy(() -> stuck.loadAsync(4L).join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(BatchTimeoutException.class);
            assertThat(users.load(1L)).isEqualTo("user 1");
        }
        assertThat(interrupted).isTrue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThatThrownBy(() -> stuck.load(1L)).isInstanceOf(BatchTimeoutException.class);
        assertThat(stuck.stats().timeouts()).isEqualTo(4);
    }

    @Test
    void functionThatIgnoresInterrupts_holdsUpOnlyTheThreadItRunsOn() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        BatchLoader<Long, String> deaf = BatchLoader.<Long, String>builder("deaf", (keys, call) -> {
                    if (keys.contains(1L)) {
                        inside.countDown();
                        awaitUninterruptibly(never);
                    }
                    return Map.of(2L, "two");
                })
                .timeout(SHORT)
                .build();
        Future<?> runner = single.submit(() -> deaf.load(1L));
        inside.await();
        // It waits for the batch before it, which is given up, and is then served.
        assertThat(deaf.load(2L)).isEqualTo("two");
        assertThat(runner.isDone()).isFalse();
        never.countDown();
        assertThatThrownBy(runner::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(BatchTimeoutException.class);
    }

    @Test
    void functionThatIgnoresInterrupts_onAnExecutor_holdsUpNobody() {
        ExecutorService executor = Threads.blocking("deaf");
        BatchLoader<Long, String> deaf = BatchLoader.<Long, String>builder("deaf", (keys, call) -> {
                    awaitUninterruptibly(never);
                    return Map.of();
                })
                .timeout(SHORT)
                .executor(executor)
                .build();
        assertThatThrownBy(() -> deaf.load(1L)).isInstanceOf(BatchTimeoutException.class);
        try (BatchScope scope = BatchScope.open()) {
            assertThatThrownBy(() -> scope.mapAll(List.of(1L, 2L), deaf::load))
                    .isInstanceOf(BatchTimeoutException.class);
        }
        never.countDown();
        executor.shutdown();
    }

    @Test
    void functionOnAnExecutor_mayLoad_andThrow() {
        BatchLoader<Long, String> elsewhere = BatchLoader.<Long, String>builder("elsewhere", (keys, call) -> {
                    assertThat(Thread.currentThread().getName()).startsWith("pool-");
                    return users.loadAll(keys);
                })
                .executor(single)
                .build();
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.mapAll(List.of(1L, 2L), elsewhere::load)).containsExactly("user 1", "user 2");
        }
        single.shutdown();
        assertThatThrownBy(() -> elsewhere.load(3L))
                .isInstanceOf(BatchLoadException.class)
                .hasCauseInstanceOf(java.util.concurrent.RejectedExecutionException.class);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- Interrupted callers.

    @Test
    void interruptedCaller_leaves_andItsBatchGoesOnForTheOthers() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        BatchLoader<Long, String> slow = BatchLoader.mapped("slow", (keys, call) -> {
            inside.countDown();
            go.await();
            return Map.of(1L, "one");
        });
        try (BatchScope scope = BatchScope.open()) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicBoolean flag = new AtomicBoolean();
            Thread runner = new Thread(scope.enroll(() -> {
                try {
                    slow.load(1L);
                } catch (BatchException e) {
                    thrown.set(e);
                    flag.set(Thread.currentThread().isInterrupted());
                }
            }));
            runner.start();
            inside.await();
            CompletableFuture<String> other = slow.loadAsync(1L);
            runner.interrupt();
            runner.join();
            assertThat(thrown.get()).hasMessageContaining("interrupted while waiting for key 1");
            assertThat(flag).isTrue();
            go.countDown();
            assertThat(scope.join(other)).isEqualTo("one");
        }
    }

    @Test
    void joinOfAFuture_isNotInterrupted_asWithAnyFuture() {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> user = users.loadAsync(1L);
            Thread.currentThread().interrupt();
            assertThat(user.join()).isEqualTo("user 1");
            assertThat(Thread.interrupted()).isTrue();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> users.loadAsync(2L).get()).isInstanceOf(InterruptedException.class);
            assertThat(scope.isClosed()).isFalse();
        }
    }

    // ---- The end of a scope.

    @Test
    void close_withLoadsOutstanding_endsThem() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        BatchLoader<Long, String> stuck = BatchLoader.mapped("stuck", (keys, call) -> {
            inside.countDown();
            never.await();
            return Map.of();
        });
        BatchScope scope = BatchScope.open();
        Future<String> waiting =
                single.submit(scope.enroll(() -> users.load(stuck.loadAsync(1L).join() == null ? 1L : 2L)));
        inside.await();
        CompletableFuture<String> queued = stuck.loadAsync(7L);
        CompletableFuture<String> derived = queued.thenCompose(user -> users.loadAsync(8L));
        scope.close();
        scope.close();
        assertThatThrownBy(queued::join).hasCauseInstanceOf(ScopeClosedException.class);
        assertThatThrownBy(derived::join).hasCauseInstanceOf(ScopeClosedException.class);
        never.countDown();
        assertThatThrownBy(waiting::get).hasRootCauseInstanceOf(ScopeClosedException.class);
        assertThatThrownBy(() -> scope.mapAll(List.of(1L), users::load)).isInstanceOf(ScopeClosedException.class);
        assertThatThrownBy(() -> scope.enroll(() -> {})).isInstanceOf(ScopeClosedException.class);
    }

    @Test
    void scopeClosedByAnotherThread_isLeftWithAnError() throws Exception {
        BatchScope scope = BatchScope.open();
        single.submit(scope::close).get();
        assertThatThrownBy(() -> users.load(1L))
                .isInstanceOf(ScopeClosedException.class)
                .hasMessageContaining("close a scope on the thread that opened it");
        assertThat(users.load(1L)).isEqualTo("user 1");
    }

    // ---- Scopes of one thread.

    @Test
    void scopeOfAThread_runsEveryBatchOnIt() {
        Thread owner = Thread.currentThread();
        BatchLoader<Long, Thread> where = BatchLoader.mapped("where", (keys, call) -> {
            Map<Long, Thread> found = new java.util.HashMap<>();
            keys.forEach(key -> found.put(key, Thread.currentThread()));
            return found;
        });
        try (BatchScope scope = BatchScope.builder().onThisThread().open()) {
            assertThat(scope.mapAll(List.of(1L, 2L, 3L), where::load)).containsOnly(owner);
            assertThat(where.loadAsync(4L)
                            .thenCompose(thread -> where.loadAsync(5L))
                            .join())
                    .isEqualTo(owner);
            assertThat(scope.join(CompletableFuture.allOf(where.loadAsync(6L)))).isNull();
        }
        assertThat(where.stats().batches()).isEqualTo(4);
    }

    @Test
    void scopeOfAThread_thatWaitsElsewhere_endsInATypedError() {
        BatchLoader<Long, String> loader =
                BatchLoader.builder("user", userSource).timeout(SHORT).build();
        try (BatchScope scope = BatchScope.builder().onThisThread().open()) {
            CompletableFuture<Void> all = CompletableFuture.allOf(loader.loadAsync(1L), loader.loadAsync(2L));
            assertThatThrownBy(all::join)
                    .hasCauseInstanceOf(BatchTimeoutException.class)
                    .hasMessageContaining("let it wait with load, join or mapAll, not with allOf");
            assertThat(scope.isClosed()).isFalse();
        }
    }
}
