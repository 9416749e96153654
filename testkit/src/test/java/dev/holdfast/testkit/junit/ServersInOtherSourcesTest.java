package dev.holdfast.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.testkit.engine.EventConditions.abortedWithReason;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.skippedWithReason;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.mariadb.MariaDbServer;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.testkit.engine.Events;
import org.opentest4j.TestAbortedException;
import org.slf4j.LoggerFactory;

class ServersInOtherSourcesTest {

    private String before;

    @BeforeEach
    void remember() {
        before = System.getProperty(ServerSource.PROPERTY);
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(ServerSource.PROPERTY);
        } else {
            System.setProperty(ServerSource.PROPERTY, before);
        }
    }

    @Test
    void testThatBreaksItsServer_isSkippedWhereServersAreExternal() {
        System.setProperty(ServerSource.PROPERTY, "external");

        run(Sample.class, "breaks")
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("breaks"),
                                skippedWithReason(
                                        "breaks a RedisServer, which holdfast.servers=external" + " does not allow")));
    }

    @Test
    void sentinelAndCluster_areSkippedInContainers() {
        System.setProperty(ServerSource.PROPERTY, "containers");

        run(Sample.class, "sentinel")
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("sentinel"),
                                skippedWithReason("Redis Sentinel is only there with holdfast.servers=embedded")));
        run(Sample.class, "cluster")
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("cluster"),
                                skippedWithReason("Redis Cluster is only there with holdfast.servers=embedded")));
    }

    @Test
    void classWhoseSetUpNeedsWhatIsNotThere_isSkipped() {
        System.setProperty(ServerSource.PROPERTY, "external");

        Samples.run(selectClass(SampleWithSetUp.class))
                .containerEvents()
                .assertStatistics(statistics -> statistics.skipped(1));
    }

    /** The same for the second test as for the first, which notes that the shared server did not start. */
    @Test
    void parameterThatTheSourceDoesNotHave_skipsItsTest() {
        System.setProperty(ServerSource.PROPERTY, "external");

        Samples.run(selectClass(SampleWithoutUrl.class))
                .testEvents()
                .assertStatistics(statistics -> statistics.started(2).aborted(2));
    }

    @Test
    void unsupportedServerException_leavingATest_abortsIt() {
        run(Sample.class, "startsAClusterByItself")
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("startsAClusterByItself"),
                                abortedWithReason(
                                        instanceOf(TestAbortedException.class), message("not with these servers"))));
    }

    @Test
    void skippedTests_areLoggedWithTheirReason() {
        System.setProperty(ServerSource.PROPERTY, "containers");
        Logger logger = (Logger) LoggerFactory.getLogger(ServersExtension.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            run(Sample.class, "sentinel");
            run(Sample.class, "startsAClusterByItself");
        } finally {
            logger.detachAppender(log);
        }

        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "skipped Sample.sentinel: Redis Sentinel is only there with holdfast.servers=embedded",
                        "skipped Sample.startsAClusterByItself: not with these servers");
    }

    @Test
    void proxyWithoutAServerBeforeIt_isAnError() {
        run(Sample.class, "proxyFirst")
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("proxyFirst"),
                                finishedWithFailure(
                                        instanceOf(ParameterResolutionException.class),
                                        message(text -> text.contains("needs a parameter before it")))));
    }

    @Test
    void startingAGroupByHand_saysWhichSourceHasIt() {
        System.setProperty(ServerSource.PROPERTY, "containers");

        assertThatThrownBy(RedisServers::cluster)
                .isInstanceOf(UnsupportedServerException.class)
                .hasMessage("Redis Cluster needs holdfast.servers=embedded, not containers");
    }

    private static Events run(Class<?> type, String method) {
        for (var candidate : type.getDeclaredMethods()) {
            if (candidate.getName().equals(method)) {
                return Samples.run(selectMethod(type, candidate)).testEvents();
            }
        }
        throw new AssertionError("no method " + method);
    }

    @Servers
    @EnabledIf(Samples.RUNNING)
    static class Sample {

        @Test
        void breaks(@Exclusive RedisServer redis) {
            assertThat(redis.isRunning()).isTrue();
        }

        @Test
        void sentinel(RedisSentinel redis) {
            assertThat(redis.primary()).isNotNull();
        }

        @Test
        void cluster(RedisCluster redis) {
            assertThat(redis.primaries()).hasSize(3);
        }

        @Test
        void startsAClusterByItself() {
            throw new UnsupportedServerException("not with these servers");
        }

        @Test
        void proxyFirst(FaultProxy proxy, RedisServer redis) {
            assertThat(proxy.port()).isNotEqualTo(redis.port());
        }
    }

    @Servers
    @EnabledIf(Samples.RUNNING)
    static class SampleWithoutUrl {

        @Test
        void one(MariaDbServer server) {
            assertThat(server).isNotNull();
        }

        @Test
        void other(MariaDbServer server) {
            assertThat(server).isNotNull();
        }
    }

    @Servers
    @EnabledIf(Samples.RUNNING)
    static class SampleWithSetUp {

        @BeforeAll
        static void start(@Exclusive RedisServer redis) {
            assertThat(redis.isRunning()).isTrue();
        }

        @Test
        void runs() {
            assertThat(this).isNotNull();
        }
    }
}
