package dev.holdfast.batch.write;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.one;
import static dev.holdfast.batch.Sql.rows;
import static dev.holdfast.batch.write.WriterContract.items;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.holdfast.batch.write.WriterContract.Item;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import dev.holdfast.testkit.postgres.PostgresServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What a writer says when the server, the network or other transactions get in its way. */
@Servers
@Tag("fault")
class PostgresFaultsTest {
    private static final String WAITING =
            "SELECT pid FROM pg_stat_activity" + " WHERE wait_event_type = 'Lock' AND datname = current_database()";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private DataSource source;

    @BeforeEach
    void createTable(PostgresDatabase database) throws SQLException {
        source = database.dataSource();
        execute(
                source,
                "DROP TABLE IF EXISTS item",
                "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(20) NOT NULL, price numeric(12,2), stock int)",
                "INSERT INTO item SELECT g, 'old', 0, 0 FROM generate_series(0, 99) g");
    }

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private static BulkWriterBuilder<Item> renaming() {
        return WriterContract.renaming().chunkSize(20);
    }

    /** Runs a call whose third chunk waits for a row that somebody else has locked, and does something meanwhile. */
    private BulkWriteException whileItWaits(BulkWriterBuilder<Item> builder, String meanwhile) throws Exception {
        BulkWriter<Item> writer = builder.build(source);
        try (Connection other = source.getConnection()) {
            other.setAutoCommit(false);
            rows(other, "SELECT 1 FROM item WHERE id = 45 FOR UPDATE");
            Future<BulkWriteException> call = threads.submit(
                    () -> catchThrowableOfType(BulkWriteException.class, () -> writer.write(items(0, 100))));
            await().until(() -> !rows(source, WAITING).isEmpty());
            if (!meanwhile.isEmpty()) {
                execute(source, meanwhile);
            }
            BulkWriteException thrown = call.get(30, TimeUnit.SECONDS);
            other.rollback();
            return thrown;
        }
    }

    private void assertStored(BulkResult<?> result, int written) throws SQLException {
        assertThat(result.written()).isEqualTo(written);
        assertThat(result.count(RowOutcome.NOT_WRITTEN)).isEqualTo(100 - written);
        for (int row = 0; row < 100; row++) {
            assertThat(result.outcome(row)).isEqualTo(row < written ? RowOutcome.WRITTEN : RowOutcome.NOT_WRITTEN);
        }
        assertThat(rows(source, "SELECT id FROM item WHERE name <> 'old' ORDER BY id"))
                .hasSize(written);
    }

    @Test
    void connectionKilledInTheMiddleOfAChunk_leavesTheChunksBeforeIt_andSaysSo() throws Exception {
        BulkWriteException thrown = whileItWaits(
                renaming().transactions(Transactions.PER_CHUNK),
                "SELECT pg_terminate_backend(pid) FROM (" + WAITING + ") w");
        assertStored(thrown.result(), 40);
        assertThat(thrown).hasMessageContaining("100 rows: 40 written, 60 not written");
    }

    @Test
    void connectionKilledInTheMiddleOfAWholeTransaction_leavesNothing_andSaysSo() throws Exception {
        BulkWriteException thrown =
                whileItWaits(renaming(), "SELECT pg_terminate_backend(pid) FROM (" + WAITING + ") w");
        assertStored(thrown.result(), 0);
    }

    @Test
    void statementThatTakesTooLong_isEnded_andNothingIsTriedAgainInHalves() throws Exception {
        BulkWriteException thrown = whileItWaits(
                renaming().transactions(Transactions.PER_CHUNK).statementTimeout(Duration.ofSeconds(1)), "");
        assertStored(thrown.result(), 40);
        assertThat(thrown.getCause()).hasMessageContaining("canceling statement");
        assertThat(thrown.result().failed()).isZero();
    }

    @Test
    void copyThatTakesTooLong_isEndedToo_andTheLimitIsPutBack() throws Exception {
        BulkWriter<Item> writer = WriterContract.all(BulkWriter.<Item>insert("item"))
                .copyFrom(1)
                .statementTimeout(Duration.ofSeconds(1))
                .build(source);
        try (Connection other = source.getConnection();
                Connection mine = source.getConnection()) {
            other.setAutoCommit(false);
            execute2(other, "INSERT INTO item VALUES (150, 'theirs', 0, 0)");
            BulkWriteException thrown =
                    catchThrowableOfType(BulkWriteException.class, () -> writer.write(items(100, 200)));
            assertThat(thrown.result().count(RowOutcome.NOT_WRITTEN)).isEqualTo(100);
            other.rollback();
            mine.setAutoCommit(false);
            execute2(mine, "SET LOCAL statement_timeout = '17s'");
            writer.write(mine, items(100, 200)).orThrow();
            assertThat(rows(mine, "SHOW statement_timeout")).containsExactly("17s");
            mine.rollback();
        }
        assertThat(one(source, "SELECT count(*) FROM item")).isEqualTo("100");
    }

    private static void execute2(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void commitWhoseAnswerIsLost_leavesRowsUnknown_notWrittenNorFailed(PostgresServer server, FaultProxy proxy)
            throws Exception {
        PGSimpleDataSource throughProxy = new PGSimpleDataSource();
        throughProxy.setUrl("jdbc:postgresql://" + proxy.host() + ":" + proxy.port() + "/"
                + one(source, "SELECT current_database()"));
        throughProxy.setUser(server.user());
        throughProxy.setPassword(server.password());
        AtomicInteger commits = new AtomicInteger();
        DataSource faulty = onCommit(throughProxy, () -> {
            if (commits.incrementAndGet() == 3) {
                long before = proxy.bytesSwallowed();
                proxy.swallowRepliesUntilReset();
                threads.execute(() -> {
                    await().until(() -> proxy.bytesSwallowed() > before);
                    proxy.resetAll();
                });
            }
        });
        BulkWriter<Item> writer =
                renaming().transactions(Transactions.PER_CHUNK).build(faulty);

        BulkWriteException thrown = catchThrowableOfType(BulkWriteException.class, () -> writer.write(items(0, 100)));

        assertThat(thrown.result().written()).isEqualTo(40);
        assertThat(thrown.result().count(RowOutcome.UNKNOWN)).isEqualTo(20);
        assertThat(thrown.result().outcome(40)).isEqualTo(RowOutcome.UNKNOWN);
        assertThat(thrown.result().outcome(59)).isEqualTo(RowOutcome.UNKNOWN);
        assertThat(thrown.result().count(RowOutcome.NOT_WRITTEN)).isEqualTo(40);
        // The server had done it, which the writer could not know.
        assertThat(one(source, "SELECT count(*) FROM item WHERE name <> 'old'")).isEqualTo("60");
    }

    private static DataSource onCommit(DataSource target, Runnable before) {
        return proxy(
                DataSource.class,
                target,
                "getConnection",
                answer -> proxy(Connection.class, (Connection) answer, "commit", null, before));
    }

    private static <T> T proxy(
            Class<T> type, T target, String watched, java.util.function.UnaryOperator<Object> change) {
        return proxy(type, target, watched, change, () -> {});
    }

    private static <T> T proxy(
            Class<T> type, T target, String watched, java.util.function.UnaryOperator<Object> change, Runnable before) {
        return type.cast(Proxy.newProxyInstance(
                PostgresFaultsTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    boolean isWatched = method.getName().equals(watched);
                    if (isWatched) {
                        before.run();
                    }
                    try {
                        Object answer = method.invoke(target, arguments);
                        return isWatched && change != null ? change.apply(answer) : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @Test
    void deadlockWithAnotherProgram_isTriedAgain_andCounted() throws Exception {
        execute(source, "ALTER DATABASE " + one(source, "SELECT current_database()") + " SET deadlock_timeout = '5s'");
        BulkWriter<Item> writer = renaming().chunkSize(100).build(source);
        try (Connection other = source.getConnection()) {
            other.setAutoCommit(false);
            // Who has waited for this long looks for a deadlock and loses: the writer, which waits first.
            execute2(other, "SET deadlock_timeout = '60s'");
            rows(other, "SELECT 1 FROM item WHERE id = 90 FOR UPDATE");
            Future<BulkResult<Item>> call = threads.submit(() -> writer.write(items(0, 100)));
            await().until(() -> !rows(source, WAITING).isEmpty());
            rows(other, "SELECT 1 FROM item WHERE id = 10 FOR UPDATE");
            other.commit();
            BulkResult<Item> result = call.get(30, TimeUnit.SECONDS);
            assertThat(result.written()).isEqualTo(100);
            assertThat(result.retries()).isBetween(1, 3);
        }
    }

    @Test
    void constraintThatWaitsForTheCommit_isAttributedToItsRow() throws SQLException {
        execute(
                source,
                "DROP TABLE IF EXISTS line",
                "CREATE TABLE line (id int PRIMARY KEY, item bigint REFERENCES item DEFERRABLE INITIALLY DEFERRED)");
        BulkResult<int[]> result = BulkWriter.<int[]>insert("line")
                .key("id", row -> row[0])
                .set("item", row -> row[1])
                .transactions(Transactions.PER_CHUNK)
                .build(source)
                .write(List.of(new int[] {1, 5}, new int[] {2, 500}, new int[] {3, 7}));
        assertThat(result.written()).isEqualTo(2);
        assertThat(result.failures()).singleElement().satisfies(failure -> {
            assertThat(failure.index()).isEqualTo(1);
            assertThat(failure.cause().getSQLState()).isEqualTo("23503");
        });
        assertThat(rows(source, "SELECT id FROM line ORDER BY id")).containsExactly("1", "3");
        execute(source, "DROP TABLE line");
    }

    @Test
    void rowsThatATriggerSwallows_areMissed_andOthersWritten() throws SQLException {
        execute(
                source,
                "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN IF new.stock = 13 THEN RETURN NULL; END IF; RETURN new; END $$",
                "CREATE TRIGGER swallow BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION swallow()");
        for (int copyFrom : new int[] {1, Integer.MAX_VALUE}) {
            execute(source, "DELETE FROM item");
            BulkResult<Item> inserted = WriterContract.all(BulkWriter.<Item>insert("item"))
                    .copyFrom(copyFrom)
                    .build(source)
                    .write(items(10, 20));
            assertThat(inserted.rows(RowOutcome.MISSED)).extracting(Item::id).containsExactly(13L);
            assertThat(inserted.written()).isEqualTo(9);
        }
        BulkResult<Item> upserted = WriterContract.all(BulkWriter.<Item>upsert("item"))
                .build(source)
                .write(items(0, 20));
        assertThat(upserted.rows(RowOutcome.MISSED)).extracting(Item::id).containsExactly(13L);
        assertThat(one(source, "SELECT count(*) FROM item")).isEqualTo("19");
    }

    @Test
    void aHundredThousandKeys_areOneStatementsText_andFewParameters() {
        BulkWriter<Item> writer = renaming().chunkSize(100_000).build(source);
        String before = writer.sql();
        BulkResult<Item> result = writer.write(items(0, 100_000));
        assertThat(result.written()).isEqualTo(100);
        assertThat(result.missed()).isEqualTo(99_900);
        assertThat(result.chunks()).isEqualTo(1);
        assertThat(writer.sql()).isEqualTo(before);
        assertThat(before.chars().filter(c -> c == '?').count()).isEqualTo(3);
    }
}
