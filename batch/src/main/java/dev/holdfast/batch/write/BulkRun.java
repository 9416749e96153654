package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Blame;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call: owns the transaction, or takes part in the caller's, and says what became of each row. For one thread. */
final class BulkRun<R> {
    private static final Logger LOG = LoggerFactory.getLogger(BulkRun.class);

    /** Bound on what one statement carries: half of what MariaDB's max_allowed_packet is by default. */
    static final long MOST_WEIGHT = 8L << 20;

    private final BulkSettings settings;
    private final Statements statements;
    private final Input<R> input;
    private final Verdicts verdicts;
    private final Isolation isolation;
    private final long start = System.nanoTime();
    private List<Slice> chunks = List.of();
    private int retries;

    BulkRun(BulkSettings settings, Statements statements, Input<R> input) {
        this.settings = settings;
        this.statements = statements;
        this.input = input;
        this.verdicts = new Verdicts(input.rows().size());
        this.isolation = new Isolation(statements, verdicts, settings.maximumFailures());
        input.removeDuplicates(settings.duplicates(), verdicts);
    }

    /** Writes in transactions of its own. */
    BulkResult<R> own(Connection connection) throws SQLException {
        plan(connection);
        connection.setAutoCommit(false);
        try {
            if (settings.transactions() == Transactions.WHOLE) {
                retrying(connection, () -> whole(connection));
            } else {
                for (Slice chunk : chunks) {
                    retrying(connection, () -> alone(connection, chunk));
                    progress(chunk);
                }
            }
            return result();
        } catch (SQLException e) {
            rollback(connection, e);
            throw new BulkWriteException(settings.name() + ": " + e.getMessage() + "; " + result(), result(), e);
        } catch (RuntimeException | Error e) {
            rollback(connection, e);
            throw e;
        } finally {
            restore(connection);
        }
    }

    /** Writes in the caller's transaction. */
    BulkResult<R> join(Connection connection) throws SQLException {
        plan(connection);
        Savepoint begin = connection.setSavepoint();
        try {
            for (Slice chunk : chunks) {
                if (chunk.from() == 0) {
                    first(connection, chunk, begin);
                } else {
                    isolation.write(connection, chunk);
                }
                abortIfWhole();
                progress(chunk);
            }
            connection.releaseSavepoint(begin);
            return result();
        } catch (SQLException e) {
            undo(connection, begin, e);
            chunks.forEach(verdicts::undoWritten);
            throw new BulkWriteException(
                    settings.name() + ": " + e.getMessage() + "; nothing of it is left in the caller's transaction; "
                            + result(),
                    result(),
                    e);
        }
    }

    private void first(Connection connection, Slice chunk, Savepoint begin) throws SQLException {
        try {
            isolation.attempt(connection, chunk);
        } catch (SQLException e) {
            if (Blame.of(e) != Blame.ROW) {
                throw e;
            }
            connection.rollback(begin);
            isolation.find(connection, chunk, e);
        }
    }

    private static void undo(Connection connection, Savepoint begin, SQLException failure) {
        try {
            connection.rollback(begin);
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** Finds the last duplicates, those that only the database sees, and cuts chunks. */
    private void plan(Connection connection) throws SQLException {
        if (settings.looseKeys()) {
            for (Slice all : input.chunks(Integer.MAX_VALUE, Long.MAX_VALUE)) {
                input.removeSame(statements.sameKeys(connection, all), settings.duplicates(), verdicts);
            }
        }
        chunks = input.chunks(Math.min(settings.chunkSize(), statements.mostRows()), MOST_WEIGHT);
    }

    @FunctionalInterface
    private interface Step {
        void run() throws SQLException;
    }

    /** Runs a transaction, and again if it lost against others. Nothing of a lost one is stored, and its verdicts are void. */
    private void retrying(Connection connection, Step step) throws SQLException {
        for (int attempt = 0; ; attempt++) {
            try {
                step.run();
                return;
            } catch (SQLException e) {
                if (Blame.of(e) != Blame.CONTENTION || attempt >= settings.retries()) {
                    throw e;
                }
                connection.rollback();
                retries++;
                pause(attempt);
            }
        }
    }

    /** Two losers that come back at the same time would meet again. */
    private static void pause(int attempt) throws SQLException {
        try {
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(5L << Math.min(attempt, 5)) + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting to try again after a deadlock", "57014", e);
        }
    }

    private void whole(Connection connection) throws SQLException {
        try {
            for (Slice chunk : chunks) {
                if (chunk.from() == 0) {
                    unprotected(connection, chunk);
                } else {
                    isolation.write(connection, chunk);
                }
                abortIfWhole();
                progress(chunk);
            }
        } catch (SQLException e) {
            takeBack(chunks, e);
            throw e;
        }
        commit(connection, chunks);
    }

    /** Nothing of a transaction that failed is stored. What it refused is known, unless the transaction itself was at odds. */
    private void takeBack(List<Slice> slices, SQLException failure) {
        slices.forEach(Blame.of(failure) == Blame.CONTENTION ? verdicts::undo : verdicts::undoWritten);
    }

    /** The first statement of a transaction needs no savepoint: to go back is to roll back. */
    private void unprotected(Connection connection, Slice chunk) throws SQLException {
        try {
            isolation.attempt(connection, chunk);
        } catch (SQLException e) {
            if (Blame.of(e) != Blame.ROW) {
                throw e;
            }
            connection.rollback();
            isolation.find(connection, chunk, e);
        }
    }

    /** One refused row is the end of all of them; it is known which. */
    private void abortIfWhole() throws SQLException {
        if (settings.transactions() == Transactions.WHOLE && !verdicts.causes.isEmpty()) {
            SQLException first = verdicts.causes.values().iterator().next();
            throw new SQLException(
                    "the database refused " + verdicts.causes.size()
                            + " of the rows tried, so none was stored; the first: " + first.getMessage(),
                    // Of no class that would have the transaction tried again.
                    "HF000",
                    first);
        }
    }

    private void alone(Connection connection, Slice chunk) throws SQLException {
        try {
            unprotected(connection, chunk);
        } catch (SQLException e) {
            takeBack(List.of(chunk), e);
            throw e;
        }
        try {
            connection.commit();
        } catch (SQLException e) {
            if (!Blame.refusedForSure(e)) {
                verdicts.doubt(chunk);
                throw e;
            }
            // A constraint that waited for the commit: have it checked by each statement, to find the row.
            verdicts.undo(chunk);
            connection.rollback();
            if (Blame.of(e) != Blame.ROW || !statements.checkAtOnce(connection)) {
                throw e;
            }
            try {
                isolation.find(connection, chunk, e);
            } catch (SQLException other) {
                takeBack(List.of(chunk), other);
                throw other;
            }
            commit(connection, List.of(chunk));
        }
    }

    private void commit(Connection connection, List<Slice> written) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException e) {
            written.forEach(Blame.refusedForSure(e) ? verdicts::undo : verdicts::doubt);
            throw e;
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private void restore(Connection connection) {
        if (settings.ownConnections()) {
            return;
        }
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // It goes back broken; a pool sees that. What became of the rows is known.
            LOG.debug("{}: auto-commit could not be switched on again", settings.name(), e);
        }
    }

    private void progress(Slice chunk) {
        if (settings.listener() == null) {
            return;
        }
        int done = input.rows().size() - input.order().length + chunk.to();
        try {
            settings.listener().accept(new BulkProgress(done, input.rows().size(), verdicts.causes.size(), elapsed()));
        } catch (RuntimeException e) {
            LOG.warn("{}: the progress listener threw; writing goes on", settings.name(), e);
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private BulkResult<R> result() {
        return new BulkResult<>(
                input.rows(), verdicts.outcomes.clone(), verdicts.causes, chunks.size(), retries, elapsed());
    }
}
