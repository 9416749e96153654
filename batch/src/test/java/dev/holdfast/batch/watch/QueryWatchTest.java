package dev.holdfast.batch.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.batch.watch.QueryFinding.Kind;
import dev.holdfast.core.HoldfastException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class QueryWatchTest {
    private final DataSource plain = database();
    private final List<QueryFinding> found = new ArrayList<>();

    private static DataSource database() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return database;
    }

    @BeforeEach
    void createTable() throws SQLException {
        try (Connection connection = plain.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table users (id bigint primary key, name varchar(50))");
            statement.execute("insert into users select 100 + x, 'user ' || x from system_range(1, 50)");
        }
    }

    private QueryWatch.Builder development() {
        return QueryWatch.builder(WatchMode.DEVELOPMENT)
                .application(getClass().getName())
                .onFinding(found::add);
    }

    private static void loop(DataSource db) throws SQLException {
        List<Long> ids = new ArrayList<>();
        try (Connection connection = db.getConnection()) {
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("select id from users order by id")) {
                while (result.next()) {
                    ids.add(result.getLong(1));
                }
            }
            for (long id : ids) {
                try (PreparedStatement statement = connection.prepareStatement("select name from users where id = ?")) {
                    statement.setLong(1, id);
                    statement.executeQuery().next();
                }
            }
        }
    }

    @Test
    void nPlusOne_isToldOnce_withSiteParentAndRemedy() throws SQLException {
        QueryWatch watch = development().logging(false).build();
        DataSource db = watch.watch(plain);
        try (QueryScope scope = watch.open("GET /users")) {
            loop(db);
            assertThat(scope.report().statements()).isEqualTo(51);
            assertThat(scope.report().rows()).isEqualTo(100);
        }
        assertThat(found).hasSize(1);
        QueryFinding finding = found.get(0);
        assertThat(finding.kind()).isEqualTo(Kind.N_PLUS_ONE);
        assertThat(finding.certainty()).isEqualTo(Certainty.CERTAIN);
        assertThat(finding.scope()).isEqualTo("GET /users");
        assertThat(finding.query()).isEqualTo("select name from users where id = ?");
        assertThat(finding.parent()).isEqualTo("select id from users order by id");
        assertThat(finding.callSite().get(0)).startsWith("dev.holdfast.batch.watch.QueryWatchTest.loop:");
        assertThat(finding.callSite().get(1))
                .startsWith("dev.holdfast.batch.watch.QueryWatchTest.nPlusOne_isToldOnce_withSiteParentAndRemedy:");
        assertThat(finding.remedy())
                .isEqualTo("load users by id through a BatchLoader: one query for all keys instead of one for each");
        assertThat(finding.toString())
                .contains("one for each row of: select id from users order by id", "at dev.holdfast");
    }

    @Test
    void withoutAScope_aConnectionIsOne() throws SQLException {
        QueryWatch watch = development().logging(false).build();
        loop(watch.watch(plain));
        assertThat(found).extracting(QueryFinding::scope).containsExactly("connection");
    }

    @Test
    void finding_isLoggedOncePerSite_withoutParameters() throws SQLException {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger(QueryWatch.class);
        logger.addAppender(log);
        try {
            QueryWatch watch = development().build();
            DataSource db = watch.watch(plain);
            for (int request = 0; request < 3; request++) {
                try (QueryScope scope = watch.open("GET /users")) {
                    loop(db);
                }
            }
        } finally {
            logger.detachAppender(log);
        }
        assertThat(found).hasSize(3);
        assertThat(log.list).hasSize(1);
        assertThat(log.list.get(0).getFormattedMessage())
                .contains("n+1 in GET /users: 5 executions", "BatchLoader")
                .doesNotContain("101");
    }

    @Test
    void slowAndUnboundedQueries_areFound() throws SQLException {
        QueryWatch watch = development()
                .logging(false)
                .slow(Duration.ofNanos(1))
                .maximumRows(49)
                .build();
        try (Connection connection = watch.watch(plain).getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select id from users")) {
            while (result.next()) {
                result.getLong(1);
            }
        }
        assertThat(found).extracting(QueryFinding::kind).containsExactly(Kind.SLOW, Kind.UNBOUNDED);
        assertThat(found.get(1).rows()).isEqualTo(50);
        assertThat(found.get(1).remedy()).contains("more than 49 rows", "Keyset");
        assertThat(found)
                .allSatisfy(finding -> assertThat(finding.callSite().get(0)).contains("slowAndUnbounded"));
    }

    @Test
    void scopes_nest_andFollowTasksToOtherThreads() throws Exception {
        QueryWatch watch = development().logging(false).build();
        DataSource db = watch.watch(plain);
        try (QueryScope outer = watch.open("outer")) {
            try (QueryScope inner = watch.open("inner")) {
                CompletableFuture.runAsync(outer.wrap(() -> one(db))).get();
                CompletableFuture.runAsync(inner.wrap(() -> one(db))).get();
                CompletableFuture.runAsync(() -> one(db)).get();
                one(db);
                assertThat(inner.report().statements()).isEqualTo(2);
            }
            assertThat(outer.report().statements()).isEqualTo(3);
        }
        assertThat(QueryScope.current()).isNull();
    }

    private static void one(DataSource db) {
        try (Connection connection = db.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("select 1");
        } catch (SQLException e) {
            throw new HoldfastException("select 1 failed", e);
        }
    }

    @Test
    void scopeClosedOutOfOrder_saysWhatToDo() {
        QueryWatch watch = development().build();
        QueryScope outer = watch.open("outer");
        QueryScope inner = watch.open("inner");
        assertThatThrownBy(outer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("query scope 'outer' is not the innermost one")
                .hasMessageContaining("reverse order");
        inner.close();
        inner.close();
        outer.close();
        assertThat(QueryScope.current()).isNull();
    }

    @Test
    void findings_areSilenced_byRuleAndByPause() throws Exception {
        QueryWatch watch = development()
                .logging(false)
                .ignore(finding -> finding.scope().equals("report"))
                .build();
        DataSource db = watch.watch(plain);
        try (QueryScope scope = watch.open("report")) {
            loop(db);
            assertThat(scope.report().findings()).isEmpty();
        }
        try (QueryScope scope = watch.open("import")) {
            QueryWatch.paused(() -> {
                loop(db);
                return null;
            });
            assertThat(scope.report().statements()).isZero();
        }
        assertThat(found).isEmpty();
        try (QueryRecording recording = QueryRecording.start("report")) {
            loop(db);
            assertThat(recording.report().statements()).isEqualTo(51);
            assertThat(recording.report().findings())
                    .as("of this name they are silenced")
                    .isEmpty();
        }
    }

    @Test
    void metrics_countFindingsAndStatementsPerScope_withBoundedTags() throws SQLException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        QueryWatch watch =
                development().logging(false).slow(Duration.ofNanos(1)).build();
        watch.bindTo(registry);
        DataSource db = watch.watch(plain);
        try (QueryScope scope = watch.open("GET /users")) {
            loop(db);
        }
        for (int query = 0; query < 300; query++) {
            try (QueryScope scope = watch.open("scope " + query);
                    Connection connection = db.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("select 1 as c" + query);
            }
        }
        assertThat(registry.get("holdfast.query.findings")
                        .tag("kind", "n+1")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("holdfast.query.statements")
                        .tag("scope", "GET /users")
                        .summary()
                        .totalAmount())
                .isEqualTo(51);
        assertThat(registry.find("holdfast.query.findings").tag("kind", "slow").counters())
                .hasSizeLessThanOrEqualTo(101);
        assertThat(registry.find("holdfast.query.statements").summaries()).hasSize(101);
        assertThat(registry.find("holdfast.query.statements")
                        .tag("scope", "other")
                        .summary()
                        .count())
                .isEqualTo(201);
    }

    @Test
    void aDataSourceThatIsProxiedAlready_feedsTheWatch() throws SQLException {
        QueryWatch watch = development().logging(false).build();
        DataSource proxied = ProxyDataSourceBuilder.create(plain)
                .listener(new ProxiedQueries(watch))
                .build();
        try (QueryScope scope = watch.open("GET /users")) {
            loop(proxied);
            assertThat(scope.report().statements()).isEqualTo(51);
        }
        assertThat(found).hasSize(1);
        assertThat(found.get(0).certainty()).isEqualTo(Certainty.SUSPECTED);
        assertThat(found.get(0).callSite().get(0)).contains("QueryWatchTest.loop:");
    }

    @Test
    void settingsOutOfRange_areRefused() {
        QueryWatch.Builder builder = QueryWatch.builder(WatchMode.COUNTING);
        assertThatThrownBy(() -> builder.repeats(1)).hasMessageContaining("repeats 1 is less than 2");
        assertThatThrownBy(() -> builder.slow(Duration.ZERO)).hasMessageContaining("slow PT0S is not positive");
        assertThatThrownBy(() -> builder.maximumRows(0)).hasMessageContaining("maximumRows 0 is less than 1");
        assertThatThrownBy(() -> builder.application(" ")).hasMessageContaining("blank");
        assertThatThrownBy(() -> builder.build().open("")).hasMessageContaining("blank");
    }
}
