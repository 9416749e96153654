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

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
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
