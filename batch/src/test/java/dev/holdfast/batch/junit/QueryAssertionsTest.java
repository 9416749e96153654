package dev.holdfast.batch.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedSuccessfully;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import dev.holdfast.batch.watch.QueryWatch;
import dev.holdfast.batch.watch.WatchMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import org.opentest4j.AssertionFailedError;

class QueryAssertionsTest {
    private static final QueryWatch WATCH = QueryWatch.builder(WatchMode.DEVELOPMENT)
            .application(QueryAssertionsTest.class.getName())
            .logging(false)
            .build();
    private static final DataSource DB = WATCH.watch(database());

    private static DataSource database() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return database;
    }

    private static void queries(int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            try (Connection connection = DB.getConnection();
                    PreparedStatement statement = connection.prepareStatement("select ? + 1")) {
                statement.setInt(1, i);
                statement.executeQuery().next();
            }
        }
    }

    @Test
    void constantQueries_pass_andGrowingOnesFail_withWhatRan() {
        assertThatCode(() -> QueryAssertions.assertConstantQueries(size -> queries(3), 2, 20))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> QueryAssertions.assertConstantQueries(QueryAssertionsTest::queries, 2, 20))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageContaining("expected as many statements for size 20 as for size 2 (2), but 20 ran")
                .hasMessageContaining("20 × select ? + ?")
                .hasMessageContaining("n+1");
    }

    @Test
    void constantQueries_ofCodeThatRunsNone_fail() {
        assertThatThrownBy(() -> QueryAssertions.assertConstantQueries(size -> {}, 2, 20))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageContaining("no statement ran");
        assertThatThrownBy(() -> QueryAssertions.assertConstantQueries(size -> {}, 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least twice as large");
    }

    /** Run by the tests below through an engine of their own. */
    @Tag("by-engine")
    @ExpectQueries(max = 2, min = 1)
    static class Expectations {
        @Test
        void within() throws SQLException {
            queries(2);
        }

        @Test
        void tooMany() throws SQLException {
            queries(3);
        }

        @Test
        void tooFew() {}

        @Test
        @ExpectQueries
        void repeated() throws SQLException {
            queries(5);
        }

        @Test
        @ExpectQueries(nPlusOne = NPlusOne.FORBID_CERTAIN)
        void suspectedOnly() throws SQLException {
            queries(5);
        }

        @Test
        @ExpectQueries(nPlusOne = NPlusOne.ALLOW)
        void allowed() throws SQLException {
            queries(5);
        }

        @Test
        void failsItself() {
            throw new IllegalStateException("of its own");
        }

        @Test
        @ExpectQueries(max = 1, min = 2)
        void contradictory() {}
    }

    @Test
    void annotation_failsWhatItSays() {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Expectations.class))
                .execute()
                .testEvents();
        tests.assertThatEvents()
                .haveExactly(1, event(test("within"), finishedSuccessfully()))
                .haveExactly(1, event(test("suspectedOnly"), finishedSuccessfully()))
                .haveExactly(1, event(test("allowed"), finishedSuccessfully()))
                .haveExactly(
                        1,
                        event(
                                test("tooMany"),
                                finishedWithFailure(
                                        instanceOf(AssertionFailedError.class),
                                        message(text -> text.contains("expected at most 2 statements, but 3 ran:")))))
                .haveExactly(
                        1,
                        event(
                                test("tooFew"),
                                finishedWithFailure(
                                        message(text -> text.contains("expected at least 1 statements, but 0 ran")))))
                .haveExactly(
                        1,
                        event(
                                test("repeated"),
                                finishedWithFailure(message(text -> text.contains("expected no N+1")
                                        && text.contains("QueryAssertionsTest.queries")))))
                .haveExactly(
                        1, event(test("failsItself"), finishedWithFailure(instanceOf(IllegalStateException.class))))
                .haveExactly(
                        1,
                        event(
                                test("contradictory"),
                                finishedWithFailure(instanceOf(ExtensionConfigurationException.class))));
        assertThat(tests.finished().count()).isEqualTo(8);
    }
}
