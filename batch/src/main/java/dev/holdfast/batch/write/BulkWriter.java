package dev.holdfast.batch.write;

import dev.holdfast.core.HoldfastException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes many rows in few statements, with a verdict for each row.
 *
 * <pre>{@code
 * BulkWriter<Price> prices = BulkWriter.<Price>update("product")
 *         .key("id", Price::productId)
 *         .set("price", Price::amount)
 *         .build(dataSource);
 *
 * BulkResult<Price> result = prices.write(changed);
 * }</pre>
 *
 * <ul>
 *   <li><em>One statement per chunk</em>, whatever the values: PostgreSQL, MariaDB, MySQL and H2 get their own SQL
 *       ({@link #sql()} shows it), other databases a JDBC batch.
 *   <li><em>An outcome for each row</em>, also when the database refuses some: these are found by halving, under savepoints, and
 *       the rest is written or not as {@link Transactions} says.
 *   <li><em>No deadlock</em> between writers of overlapping rows, in PostgreSQL, as rows are locked in the order of their keys
 *       ({@link Locks#ORDERED}). What loses against others is tried again.
 *   <li><em>Nothing by accident</em>: null keys, values of another type and two rows of one key are refused before anything is
 *       written.
 * </ul>
 *
 * <p>Build one per kind of row and keep it. Immutable and thread-safe; each call runs on the caller's thread, holds one
 * connection, and keeps a copy of what it writes in memory: feed a long stream in lists. Statements have a time limit, 30 s
 * unless set otherwise; a transaction has as many of them as the rows make chunks.
 *
 * @param <R> type of the rows
 */
public final class BulkWriter<R> {
    private static final Logger LOG = LoggerFactory.getLogger(BulkWriter.class);

    private final Declaration<R> declaration;
    private final @Nullable DataSource dataSource;
    private volatile @Nullable Resolved resolved;

    /** What the table's description has made of the declaration. */
    record Resolved(BulkSettings settings, Shape shape, Statements statements) {}

    BulkWriter(Declaration<R> declaration, @Nullable DataSource dataSource) {
        this.declaration = declaration;
        this.dataSource = dataSource;
    }

    /**
     * Declares an update of rows that exist; those that do not are {@link RowOutcome#MISSED}.
     *
     * @param table its name, with or without schema, as SQL would have it
     * @param <R> type of the rows
     * @return a builder
     */
    public static <R> BulkWriterBuilder<R> update(String table) {
        return new BulkWriterBuilder<>(Operation.UPDATE, table);
    }

    /**
     * Declares an insert of new rows; those that exist are {@link RowOutcome#FAILED}.
     *
     * @param table its name, with or without schema, as SQL would have it
     * @param <R> type of the rows
     * @return a builder
     */
    public static <R> BulkWriterBuilder<R> insert(String table) {
        return new BulkWriterBuilder<>(Operation.INSERT, table);
    }

    /**
     * Declares an insert of new rows that updates those that exist.
     *
     * @param table its name, with or without schema, as SQL would have it
     * @param <R> type of the rows
     * @return a builder
     */
    public static <R> BulkWriterBuilder<R> upsert(String table) {
        return new BulkWriterBuilder<>(Operation.UPSERT, table);
    }

    /**
     * Declares a delete; rows that do not exist are {@link RowOutcome#MISSED}.
     *
     * @param table its name, with or without schema, as SQL would have it
     * @param <R> type of the rows
     * @return a builder
     */
    public static <R> BulkWriterBuilder<R> delete(String table) {
        return new BulkWriterBuilder<>(Operation.DELETE, table);
    }

    /**
     * Writes rows in transactions of the writer's own, on a connection of its data source.
     *
     * @param rows the rows, none of them null
     * @return what became of each
     * @throws BulkInputException if rows cannot be written as they are; nothing was written
     * @throws BulkWriteException if it did not end as declared: a row was refused and {@link Transactions#WHOLE} is in force,
     *     the connection was lost, too many rows were refused; its result has what became of each row
     * @throws dev.holdfast.core.ConfigurationException if the table does not fit and is seen for the first time
     * @throws HoldfastException if there is no connection, or it is not one to begin a transaction on
     */
    public BulkResult<R> write(Collection<? extends R> rows) {
        if (dataSource == null) {
            throw new HoldfastException(declaration.name()
                    + " was built without a data source: hand a connection to write(connection, rows), or use"
                    + " build(dataSource)");
        }
        Connection connection = null;
        try {
            connection = dataSource.getConnection();
            return own(connection, rows);
        } catch (SQLException e) {
            throw new HoldfastException(declaration.name() + ": nothing was written: " + e.getMessage(), e);
        } finally {
            close(connection);
        }
    }

    private BulkResult<R> own(Connection connection, Collection<? extends R> rows) throws SQLException {
        if (!connection.getAutoCommit() && !declaration.ownConnections()) {
            throw new HoldfastException(declaration.name()
                    + ": the data source hands out a connection with auto-commit off, which may be in a transaction of"
                    + " somebody else: take part in that by write(connection, rows), or declare ownConnections() if"
                    + " these are fresh connections of a pool");
        }
        return run(resolve(connection), rows).own(connection);
    }

    private BulkRun<R> run(Resolved with, Collection<? extends R> rows) {
        return new BulkRun<>(
                with.settings(), with.statements(), new Input<>(with.shape(), declaration.getters(), rows));
    }

    /** What became of the rows is known by now, and does not change if the connection cannot be given back. */
    private void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            LOG.debug("{}: the connection could not be closed", declaration.name(), e);
        }
    }

    /**
     * Writes rows in the caller's transaction, which goes on: what this call wrote is committed or rolled back with it.
     *
     * <p>Nothing is tried again here, since the transaction is the caller's.
     *
     * @param connection one with auto-commit off; stays open
     * @param rows the rows, none of them null
     * @return what became of each, provided that the caller commits
     * @throws BulkInputException if rows cannot be written as they are; nothing was written
     * @throws BulkWriteException if it did not end as declared; nothing of this call is left in the transaction
     * @throws dev.holdfast.core.ConfigurationException if the table does not fit and is seen for the first time
     * @throws HoldfastException if the connection is in auto-commit mode, or fails before anything was written
     */
    public BulkResult<R> write(Connection connection, Collection<? extends R> rows) {
        try {
            if (connection.getAutoCommit()) {
                throw new HoldfastException(declaration.name()
                        + ": the connection is in auto-commit mode, so there is no transaction to take part in: call"
                        + " setAutoCommit(false), or use write(rows)");
            }
            return run(resolve(connection), rows).join(connection);
        } catch (SQLException e) {
            throw new HoldfastException(declaration.name() + ": nothing was written: " + e.getMessage(), e);
        }
    }

    /**
     * Shows the SQL, as the database gets it.
     *
     * @return the statements of one chunk; where the text depends on the number of rows, for one row
     * @throws IllegalStateException if the table has not been seen yet
     */
    public String sql() {
        Resolved known = resolved;
        if (known == null) {
            throw new IllegalStateException(declaration.name() + " has not seen its table yet: write something first");
        }
        return known.statements().sql();
    }

    /** The description of the table, read once; two threads that come first both read it. */
    Resolved resolve(Connection connection) throws SQLException {
        Resolved known = resolved;
        if (known == null) {
            known = declaration.resolve(connection);
            resolved = known;
        }
        return known;
    }

    /** What it does, such as {@code BulkWriter update of product}. */
    @Override
    public String toString() {
        return declaration.name();
    }
}
