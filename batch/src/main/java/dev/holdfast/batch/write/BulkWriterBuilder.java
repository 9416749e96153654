package dev.holdfast.batch.write;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Problems;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Declares a {@link BulkWriter}. Not thread-safe; a built writer does not change with its builder.
 *
 * <p>The functions take a value out of a row. They may return null, except for key columns, and must not throw; which Java
 * types fit which columns is in the module's page on batching.
 *
 * @param <R> type of the rows
 */
public final class BulkWriterBuilder<R> {
    private static final int MOST_ROWS = 100_000;
    /** COPY was measured slower than INSERT … SELECT at 3,000 rows, and faster at 10,000. */
    private static final int COPY_FROM = 5_000;
    /** Statements that join the table are planned badly from some thousand rows on; those that do not gain by length. */
    private static final int JOINED_ROWS = 1_000;

    private static final int INSERTED_ROWS = 10_000;

    private final Operation operation;
    private final String table;
    private final List<Declaration.Field<R>> keys = new ArrayList<>();
    private final List<Declaration.Field<R>> sets = new ArrayList<>();
    private final List<Declaration.Field<R>> onInsert = new ArrayList<>();
    private Transactions transactions = Transactions.WHOLE;
    private Duplicates duplicates = Duplicates.REJECT;
    private Locks locks = Locks.ORDERED;
    private int chunkSize;
    private int copyFrom = COPY_FROM;
    private Duration statementTimeout = Duration.ofSeconds(30);
    private int retries = 3;
    private int maximumFailures = 1_000;
    private boolean ownConnections;
    private boolean checkOnFirstUse;
    private @Nullable Consumer<? super BulkProgress> listener;

    BulkWriterBuilder(Operation operation, String table) {
        this.operation = operation;
        this.table = Objects.requireNonNull(table, "table");
    }

    /**
     * Names a column that finds the row; several make a composite key. An upsert's must be those of a unique index. An insert
     * needs none; with one, rows are inserted in its order and {@link Duplicates} are seen.
     *
     * @param column its name; case matters only where two columns differ in nothing else
     * @param value takes the value out of a row; never null
     * @return this
     */
    public BulkWriterBuilder<R> key(String column, Function<? super R, ?> value) {
        keys.add(new Declaration.Field<>(column, value));
        return this;
    }

    /**
     * Names a column that gets a value.
     *
     * @param column its name
     * @param value takes the value out of a row
     * @return this
     */
    public BulkWriterBuilder<R> set(String column, Function<? super R, ?> value) {
        sets.add(new Declaration.Field<>(column, value));
        return this;
    }

    /**
     * Names a column that gets a value when an upsert inserts, and keeps what it has when it updates.
     *
     * @param column its name
     * @param value takes the value out of a row
     * @return this
     */
    public BulkWriterBuilder<R> onInsert(String column, Function<? super R, ?> value) {
        onInsert.add(new Declaration.Field<>(column, value));
        return this;
    }

    /**
     * Sets what is stored together.
     *
     * @param value {@link Transactions#WHOLE} unless set
     * @return this
     */
    public BulkWriterBuilder<R> transactions(Transactions value) {
        transactions = Objects.requireNonNull(value, "transactions");
        return this;
    }

    /**
     * Sets what happens when two rows have the same key.
     *
     * @param value {@link Duplicates#REJECT} unless set
     * @return this
     */
    public BulkWriterBuilder<R> duplicates(Duplicates value) {
        duplicates = Objects.requireNonNull(value, "duplicates");
        return this;
    }

    /**
     * Sets in which order rows are locked.
     *
     * @param value {@link Locks#ORDERED} unless set
     * @return this
     */
    public BulkWriterBuilder<R> locks(Locks value) {
        locks = Objects.requireNonNull(value, "locks");
        return this;
    }

    /**
     * Sets how many rows one statement carries at most; heavy rows make shorter chunks, of about 8 MB.
     *
     * @param rows 1 to 100,000; 1,000 unless set, for inserts and upserts 10,000
     * @return this
     */
    public BulkWriterBuilder<R> chunkSize(int rows) {
        // 0 stands for what suits the operation, so the check is here.
        Problems.of(name())
                .require(
                        rows >= 1 && rows <= MOST_ROWS,
                        "batch.write.chunkSize",
                        "chunkSize",
                        rows,
                        "out of range 1.." + MOST_ROWS,
                        "use 1,000 for updates, 10,000 for inserts")
                .orThrow();
        chunkSize = rows;
        return this;
    }

    /**
     * Sets from how many rows on a chunk of an insert goes by PostgreSQL's COPY. Tables with row level security, views, and
     * an application without PostgreSQL's driver on its class path never use it.
     *
     * @param rows at least 1; 5,000 unless set; {@link Integer#MAX_VALUE} for never
     * @return this
     */
    public BulkWriterBuilder<R> copyFrom(int rows) {
        copyFrom = rows;
        return this;
    }

    /**
     * Sets how long a statement may take.
     *
     * @param value whole seconds, at least one; 30 s unless set
     * @return this
     */
    public BulkWriterBuilder<R> statementTimeout(Duration value) {
        statementTimeout = Objects.requireNonNull(value, "statementTimeout");
        return this;
    }

    /**
     * Sets how often a transaction of the writer's own is tried again after it lost against others: deadlock, serialization,
     * a lock that did not come.
     *
     * @param value 0 to 100; 3 unless set
     * @return this
     */
    public BulkWriterBuilder<R> retries(int value) {
        retries = value;
        return this;
    }

    /**
     * Sets how many rows the database may refuse before a call gives up: finding each takes some twenty statements.
     *
     * @param value at least 0; 1,000 unless set
     * @return this
     */
    public BulkWriterBuilder<R> maximumFailures(int value) {
        maximumFailures = value;
        return this;
    }

    /**
     * Declares that connections that the data source hands out with auto-commit off are fresh ones of a pool and in nobody's
     * transaction, so that the writer may commit them. Without this they are refused.
     *
     * @return this
     */
    public BulkWriterBuilder<R> ownConnections() {
        ownConnections = true;
        return this;
    }

    /**
     * Has the table looked at when rows are first written, and not by {@link #build(DataSource)}: for applications that are
     * assembled before the database is there or migrated.
     *
     * @return this
     */
    public BulkWriterBuilder<R> checkOnFirstUse() {
        checkOnFirstUse = true;
        return this;
    }

    /**
     * Has somebody told how far a call is, after each chunk and on its thread. What the listener throws is logged.
     *
     * @param value the listener
     * @return this
     */
    public BulkWriterBuilder<R> onProgress(Consumer<? super BulkProgress> value) {
        listener = Objects.requireNonNull(value, "listener");
        return this;
    }

    /**
     * Builds a writer and compares its columns with the table's.
     *
     * @param dataSource where its connections come from
     * @return the writer
     * @throws ConfigurationException if settings contradict each other, or the table has no such columns or key
     * @throws HoldfastException if the database cannot be asked
     */
    public BulkWriter<R> build(DataSource dataSource) {
        BulkWriter<R> writer = new BulkWriter<>(declaration(), Objects.requireNonNull(dataSource, "dataSource"));
        if (!checkOnFirstUse) {
            try (Connection connection = dataSource.getConnection()) {
                writer.resolve(connection);
            } catch (SQLException e) {
                throw new HoldfastException(
                        name() + ": the table cannot be looked at: " + e.getMessage()
                                + ": start with the database, or declare checkOnFirstUse()",
                        e);
            }
        }
        return writer;
    }

    /**
     * Builds a writer for {@link BulkWriter#write(Connection, java.util.Collection)} only; the table is looked at when rows are
     * first written.
     *
     * @return the writer
     * @throws ConfigurationException if settings contradict each other
     */
    public BulkWriter<R> build() {
        return new BulkWriter<>(declaration(), null);
    }

    private String name() {
        return "BulkWriter " + operation.name().toLowerCase(java.util.Locale.ROOT) + " of " + table;
    }

    private Declaration<R> declaration() {
        long seconds = statementTimeout.toSeconds();
        Problems problems = Problems.of(name());
        problems.require(
                copyFrom >= 1,
                "batch.write.copyFrom",
                "copyFrom",
                copyFrom,
                "must be at least 1",
                "use 5,000, the default");
        problems.require(
                seconds >= 1 && seconds <= Integer.MAX_VALUE / 1_000,
                "batch.write.statementTimeout",
                "statementTimeout",
                statementTimeout,
                "must be at least one second",
                "use 30 s, the default");
        problems.require(
                retries >= 0 && retries <= 100,
                "batch.write.retries",
                "retries",
                retries,
                "out of range 0..100",
                "use 3");
        problems.require(
                maximumFailures >= 0,
                "batch.write.maximumFailures",
                "maximumFailures",
                maximumFailures,
                "must not be negative",
                "use 1,000, the default");
        boolean joins = operation == Operation.UPDATE || operation == Operation.DELETE;
        Declaration<R> declaration = new Declaration<>(
                name(),
                operation,
                table,
                List.copyOf(keys),
                List.copyOf(sets),
                List.copyOf(onInsert),
                locks,
                transactions,
                duplicates,
                chunkSize > 0 ? chunkSize : joins ? JOINED_ROWS : INSERTED_ROWS,
                copyFrom,
                (int) Math.max(1, Math.min(seconds, Integer.MAX_VALUE / 1_000)),
                retries,
                maximumFailures,
                ownConnections,
                listener);
        declaration.check(problems);
        problems.orThrow();
        return declaration;
    }
}
