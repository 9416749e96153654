package dev.holdfast.core.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

@Servers
class ObservedDataSourceTest {
    /** Keeps all it is told. */
    private static final class Recorder implements StatementListener {
        private final Set<Detail> details;
        private final List<StatementEvent> started = new CopyOnWriteArrayList<>();
        private final List<StatementEvent> ended = new CopyOnWriteArrayList<>();
        private final List<StatementEvent> closed = new ArrayList<>();
        private final List<Object> values = new ArrayList<>();

        Recorder(Set<Detail> details) {
            this.details = details;
        }

        @Override
        public Set<Detail> details() {
            return details;
        }

        @Override
        public void onStart(StatementEvent event) {
            assertThat(event.isRunning()).isTrue();
            started.add(event);
        }

        @Override
        public void onEnd(StatementEvent event) {
            assertThat(event.isRunning()).isFalse();
            ended.add(event);
        }

        @Override
        public void onValue(StatementEvent event, Object value) {
            values.add(value);
        }

        @Override
        public void onResultClosed(StatementEvent event) {
            closed.add(event);
        }

        StatementEvent only() {
            assertThat(ended).hasSize(1);
            return ended.get(0);
        }
    }

    private final Recorder plain = new Recorder(Set.of());
    private final Recorder curious = new Recorder(EnumSet.allOf(StatementListener.Detail.class));

    @Test
    void query_isTold_withTextKindOperationAndDuration(PostgresDatabase database) throws Exception {
        ManualTicker ticker = new ManualTicker();
        StatementListener slowness = new StatementListener() {
            @Override
            public void onStart(StatementEvent event) {
                ticker.advance(Duration.ofMillis(7));
            }

            @Override
            public void onEnd(StatementEvent event) {}
        };
        try (ObservedDataSource source = ObservedDataSource.builder(database.dataSource())
                        .listener(slowness)
                        .listener(plain)
                        .ticker(ticker)
                        .build();
                Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement("select ?::int");
                Operation ignored = Operation.begin("numbers.one")) {
            statement.setInt(1, 42);
            try (ResultSet result = statement.executeQuery()) {
                assertThat(result.next()).isTrue();
                assertThat(result.getInt(1)).isEqualTo(42);
                assertThat(statement.getConnection()).isSameAs(connection);
            }
            StatementEvent event = plain.only();
            assertThat(event.sql()).isEqualTo("select ?::int");
            assertThat(event.kind()).isEqualTo(StatementKind.SELECT);
            assertThat(event.operation()).isEqualTo("numbers.one");
            assertThat(event.thread()).isSameAs(Thread.currentThread());
            assertThat(event.durationNanos()).isEqualTo(Duration.ofMillis(7).toNanos());
            assertThat(event.failure()).isNull();
            assertThat(event.batchSize()).isZero();
            assertThat(event.binds()).isEmpty();
            assertThat(event.rows()).as("nobody asked").isEqualTo(-1);
            assertThat(plain.closed).isEmpty();
        }
    }

    @Test
    void bindsRowsAndValues_areTold_whereAskedFor(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), curious);
                Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "select n, 'row ' || n from generate_series(1, ?) n where ? is null")) {
            statement.setInt(1, 3);
            statement.setNull(2, java.sql.Types.VARCHAR);
            try (ResultSet result = statement.executeQuery()) {
                assertThat(result.getStatement()).isSameAs(statement);
                while (result.next()) {
                    result.getLong(1);
                    result.getString(2);
                }
                assertThat(curious.closed).as("read to its end").hasSize(1);
            }
            StatementEvent event = curious.only();
            assertThat(event.binds()).hasSize(1);
            assertThat(event.binds().get(0)).containsExactly(3, null);
            assertThat(event.rows()).isEqualTo(3);
            assertThat(curious.values).containsExactly(1L, "row 1", 2L, "row 2", 3L, "row 3");
            assertThat(curious.closed).containsExactly(event);
            assertThat(event).hasToString("select: " + event.sql());
        }
    }

    @Test
    void resultThatIsAbandoned_isClosedByTheNextExecutionOrItsStatement(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), curious);
                Connection connection = source.getConnection()) {
            try (Statement statement = connection.createStatement()) {
                ResultSet first = statement.executeQuery("select n from generate_series(1, 10) n");
                first.next();
                first.next();
                assertThat(curious.closed).isEmpty();
                assertThat(statement.execute("select 1")).isTrue();
                assertThat(curious.closed).extracting(StatementEvent::rows).containsExactly(2L);
                assertThat(statement.getResultSet().next()).isTrue();
            }
            assertThat(curious.closed).extracting(StatementEvent::rows).containsExactly(2L, 1L);
        }
    }

    @Test
    void updatesAndBatches_areTold_withTheRowsTheyTouched(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), plain, curious);
                Connection connection = source.getConnection();
                Statement ddl = connection.createStatement()) {
            ddl.execute("create table written (id int, name text)");
            try (PreparedStatement insert = connection.prepareStatement("insert into written values (?, ?)")) {
                for (int id = 1; id <= 150; id++) {
                    insert.setInt(1, id);
                    insert.setString(2, "name " + id);
                    insert.addBatch();
                }
                assertThat(insert.executeBatch()).hasSize(150);
            }
            assertThat(ddl.executeUpdate("update written set name = 'x' where id <= 20"))
                    .isEqualTo(20);
            ddl.addBatch("delete from written where id = 1");
            ddl.addBatch("delete from written where id < 5");
            assertThat(ddl.executeBatch()).containsExactly(1, 3);
        }
        assertThat(plain.ended)
                .extracting(StatementEvent::kind)
                .containsExactly(StatementKind.DDL, StatementKind.INSERT, StatementKind.UPDATE, StatementKind.DELETE);
        assertThat(plain.ended).extracting(StatementEvent::batchSize).containsExactly(0, 150, 0, 2);
        assertThat(plain.ended).extracting(StatementEvent::rows).containsExactly(-1L, 150L, 20L, 4L);
        StatementEvent batch = curious.ended.get(1);
        assertThat(batch.binds()).hasSize(100);
        assertThat(batch.binds().get(99)).containsExactly(100, "name 100");
        assertThat(batch).hasToString("insert (batch of 150): insert into written values (?, ?)");
    }

    @Test
    void generatedKeys_areValuesOfTheInsert_notRowsRead(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), curious);
                Connection connection = source.getConnection();
                Statement ddl = connection.createStatement()) {
            ddl.execute("create table keyed (id int generated always as identity (start with 77), name text)");
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into keyed (name) values (?)", new String[] {"id"})) {
                insert.setString(1, "a");
                assertThat(insert.executeUpdate()).isEqualTo(1);
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    assertThat(keys.next()).isTrue();
                    assertThat(keys.getInt(1)).isEqualTo(77);
                    assertThat(keys.next()).isFalse();
                }
            }
        }
        assertThat(curious.ended.get(1).rows()).isEqualTo(1);
        assertThat(curious.values).containsExactly(77);
        assertThat(curious.closed).isEmpty();
    }

    @Test
    void failure_isTold_andReachesTheCaller(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), plain);
                Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement("select 1 / ?")) {
            statement.setInt(1, 0);
            assertThatThrownBy(statement::executeQuery)
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22012"))
                    .isSameAs(plain.only().failure());
        }
    }

    @Test
    void runningStatement_canBeCancelledByAnotherThread(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), plain);
                Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            CompletableFuture<Void> canceller = CompletableFuture.runAsync(() -> {
                await().until(() -> !plain.started.isEmpty());
                // The server ignores a cancellation that arrives before the statement.
                await().until(() -> {
                    plain.started.get(0).cancel();
                    return !plain.started.get(0).isRunning();
                });
            });
            assertThatThrownBy(() -> statement.execute("select pg_sleep(60)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
            canceller.join();
            plain.only().cancel(); // Ended: does nothing, a later statement of the connection is not hit.
            assertThat(statement.execute("select 1")).isTrue();
        }
    }

    @Test
    void listenerThatThrows_isCounted_andDisturbsNobody(PostgresDatabase database) throws Exception {
        StatementListener broken = event -> {
            throw new IllegalStateException("broken listener");
        };
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), broken, plain);
                Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeQuery("select 1").next()).isTrue();
            assertThat(statement.executeQuery("select 2").next()).isTrue();
            assertThat(plain.ended).hasSize(2);
            assertThat(source.listenerFailures()).isEqualTo(2);
        }
    }

    @Test
    void connections_haveNumbersOfTheirOwn(PostgresDatabase database) throws Exception {
        try (ObservedDataSource source = ObservedDataSource.of(database.dataSource(), plain)) {
            for (int i = 0; i < 2; i++) {
                try (Connection connection = source.getConnection();
                        Statement statement = connection.createStatement()) {
                    statement.execute("select 1");
                }
            }
        }
        assertThat(plain.ended).extracting(StatementEvent::connectionId).doesNotHaveDuplicates();
    }
}
