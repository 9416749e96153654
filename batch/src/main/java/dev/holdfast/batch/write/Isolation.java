package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Blame;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes slices so that a row that is refused does not take others along: by halving, under savepoints. */
final class Isolation {
    private final Statements statements;
    private final Verdicts verdicts;
    private final int maximumFailures;

    Isolation(Statements statements, Verdicts verdicts, int maximumFailures) {
        this.statements = statements;
        this.verdicts = verdicts;
        this.maximumFailures = maximumFailures;
    }

    /** Tries all at once. */
    void attempt(Connection connection, Slice slice) throws SQLException {
        BitSet missed = statements.write(connection, slice);
        for (int i = 0; i < slice.size(); i++) {
            verdicts.set(slice.row(i), missed.get(i) ? RowOutcome.MISSED : RowOutcome.WRITTEN);
        }
    }

    /** Tries all at once, then by halves. */
    void write(Connection connection, Slice slice) throws SQLException {
        SQLException refusal = guarded(connection, slice);
        if (refusal != null) {
            find(connection, slice, refusal);
        }
    }

    /** Writes what can be written of a slice that was refused as a whole, and marks the rest. */
    void find(Connection connection, Slice slice, SQLException refusal) throws SQLException {
        halve(connection, slice, refusal);
        again(connection, slice);
    }

    private void halve(Connection connection, Slice slice, SQLException refusal) throws SQLException {
        if (slice.size() == 1) {
            verdicts.fail(slice.row(0), refusal);
            if (verdicts.causes.size() > maximumFailures) {
                throw new SQLException(
                        "more than maximumFailures(" + maximumFailures + ") rows were refused, the last one: "
                                + refusal.getMessage(),
                        "HF001",
                        refusal);
            }
            return;
        }
        int middle = slice.size() / 2;
        for (Slice half : List.of(slice.part(0, middle), slice.part(middle, slice.size()))) {
            SQLException ofHalf = guarded(connection, half);
            if (ofHalf != null) {
                halve(connection, half, ofHalf);
            }
        }
    }

    /** A row may have been refused for want of another one of the same slice, written later: what failed gets another try. */
    private void again(Connection connection, Slice slice) throws SQLException {
        boolean progress = true;
        while (progress) {
            progress = false;
            for (int i = 0; i < slice.size(); i++) {
                SQLException cause = verdicts.causes.get(slice.row(i));
                if (cause != null && String.valueOf(cause.getSQLState()).startsWith("23")) {
                    SQLException refusal = guarded(connection, slice.part(i, i + 1));
                    progress |= refusal == null;
                }
            }
        }
    }

    /** Tries under a savepoint; returns the refusal of a row. */
    private @Nullable SQLException guarded(Connection connection, Slice slice) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            attempt(connection, slice);
            connection.releaseSavepoint(before);
            return null;
        } catch (SQLException e) {
            if (Blame.of(e) != Blame.ROW) {
                throw e;
            }
            connection.rollback(before);
            return e;
        }
    }
}
