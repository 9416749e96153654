package dev.holdfast.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.container;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedSuccessfully;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.JRE;
import org.junit.platform.testkit.engine.EngineExecutionResults;

class NoLeaksTest {

    private static final CountDownLatch END = new CountDownLatch(1);

    @AfterAll
    static void endThreads() {
        END.countDown();
    }

    @Test
    void threadLeftBehind_failsTheClass_withNameAndStack() {
        run(LeavesAThread.class)
                .containerEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                container(LeavesAThread.class.getSimpleName()),
                                finishedWithFailure(
                                        instanceOf(AssertionError.class),
                                        message(text -> text.contains("LeavesAThread left 1 thread(s) behind")
                                                && text.contains("forgotten")
                                                && text.contains("CountDownLatch")))));
    }

    @Test
    void threadThatIsExcepted_mayStay() {
        assertThat(run(LeavesAnExceptedThread.class).allEvents().failed().count())
                .isZero();
    }

    @Test
    void threadThatIsExcepted_mayStay_afterANestedClassToo() {
        assertThat(run(HasANestedClass.class).allEvents().failed().count()).isZero();
    }

    @Test
    void poolOfOnesOwn_isFound_thoughItsThreadsAreNamedAsThoseOfVirtualThreads() {
        run(LeavesAPool.class)
                .containerEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                container(LeavesAPool.class.getSimpleName()),
                                finishedWithFailure(
                                        instanceOf(AssertionError.class),
                                        message(text -> text.contains("ForkJoinPool-1-worker-1")))));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void threadsThatTheJdkKeepsForVirtualOnes_mayStay() {
        EngineExecutionResults results = run(UsesVirtualThreads.class);

        results.testEvents().assertStatistics(statistics -> statistics.succeeded(1));
        results.containerEvents().assertStatistics(statistics -> statistics.failed(0));
    }

    @Test
    void uncaughtException_failsTheTestThatRan_andNotTheNext() {
        EngineExecutionResults results = run(HasADyingThread.class);

        results.testEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("dies"),
                                finishedWithFailure(
                                        instanceOf(AssertionError.class),
                                        message(text -> text.contains("boom on thread 'mortal'")))))
                .haveExactly(1, event(test("lives"), finishedSuccessfully()));
        results.containerEvents().assertStatistics(statistics -> statistics.failed(0));
    }

    @Test
    void handlerOfTheJvm_isGivenBack() {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();

        run(HasADyingThread.class);

        assertThat(Thread.getDefaultUncaughtExceptionHandler()).isSameAs(before);
    }

    private static EngineExecutionResults run(Class<?> type) {
        return Samples.run(selectClass(type));
    }

    private static Thread waiting(String name) {
        Thread thread = new Thread(
                () -> {
                    try {
                        END.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                name);
        thread.start();
        return thread;
    }

    @NoLeaks
    @EnabledIf(Samples.RUNNING)
    static class LeavesAThread {

        @Test
        void starts() {
            assertThat(waiting("forgotten").isAlive()).isTrue();
        }
    }

    @NoLeaks(except = {"other", "meant-.*"})
    @EnabledIf(Samples.RUNNING)
    static class LeavesAnExceptedThread {

        @Test
        void starts() {
            assertThat(waiting("meant-to-stay").isAlive()).isTrue();
        }
    }

    @NoLeaks(except = "meant-.*")
    @EnabledIf(Samples.RUNNING)
    static class HasANestedClass {

        @Nested
        class Inner {

            @Test
            void starts() {
                assertThat(waiting("meant-to-stay").isAlive()).isTrue();
            }
        }
    }

    /** The first pool of a JVM has these names by itself. */
    @NoLeaks
    @EnabledIf(Samples.RUNNING)
    static class LeavesAPool {

        @Test
        void starts() {
            ForkJoinPool pool = new ForkJoinPool(
                    1,
                    owner -> {
                        ForkJoinWorkerThread worker = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(owner);
                        worker.setName("ForkJoinPool-1-worker-1");
                        return worker;
                    },
                    null,
                    false);
            pool.execute(() -> {
                try {
                    END.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertThat(pool.isShutdown()).isFalse();
        }
    }

    @NoLeaks
    @EnabledIf(Samples.RUNNING)
    static class UsesVirtualThreads {

        @Test
        void waitsForASocketAndForATime() throws Exception {
            try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                CountDownLatch done = new CountDownLatch(2);
                startVirtualThread(() -> {
                    try (Socket accepted = listener.accept()) {
                        if (accepted.getInputStream().read() == 1) {
                            done.countDown();
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                startVirtualThread(() -> {
                    try {
                        TimeUnit.MILLISECONDS.sleep(10);
                        done.countDown();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                try (Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
                    client.getOutputStream().write(1);
                    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
                }
            }
        }

        /** Compiled for Java 17. */
        private static void startVirtualThread(Runnable task) throws ReflectiveOperationException {
            Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
        }
    }

    @NoLeaks
    @EnabledIf(Samples.RUNNING)
    static class HasADyingThread {

        @Test
        void dies() throws InterruptedException {
            Thread thread = new Thread(
                    () -> {
                        throw new IllegalStateException("boom");
                    },
                    "mortal");
            thread.start();
            thread.join();
            assertThat(thread.isAlive()).isFalse();
        }

        @Test
        void lives() {
            assertThat(this).isNotNull();
        }
    }
}
