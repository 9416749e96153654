package dev.holdfast.batch.write;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** What is known of each row so far; for one thread. */
final class Verdicts {
    private static final byte NOT_WRITTEN = (byte) RowOutcome.NOT_WRITTEN.ordinal();

    final byte[] outcomes;
    final Map<Integer, SQLException> causes = new TreeMap<>();

    Verdicts(int rows) {
        outcomes = new byte[rows];
        Arrays.fill(outcomes, NOT_WRITTEN);
    }

    void set(int row, RowOutcome outcome) {
        outcomes[row] = (byte) outcome.ordinal();
        if (outcome != RowOutcome.FAILED) {
            causes.remove(row);
        }
    }

    void fail(int row, SQLException cause) {
        outcomes[row] = (byte) RowOutcome.FAILED.ordinal();
        causes.put(row, cause);
    }

    boolean is(int row, RowOutcome outcome) {
        return outcomes[row] == outcome.ordinal();
    }

    /** Takes back what was found of rows whose transaction was undone. */
    void undo(Slice slice) {
        for (int i = 0; i < slice.size(); i++) {
            set(slice.row(i), RowOutcome.NOT_WRITTEN);
        }
    }

    /** Takes back what was written, and leaves what was refused. */
    void undoWritten(Slice slice) {
        for (int i = 0; i < slice.size(); i++) {
            if (!is(slice.row(i), RowOutcome.FAILED)) {
                set(slice.row(i), RowOutcome.NOT_WRITTEN);
            }
        }
    }

    /** Rows whose commit may or may not have happened. */
    void doubt(Slice slice) {
        for (int i = 0; i < slice.size(); i++) {
            if (is(slice.row(i), RowOutcome.WRITTEN)) {
                set(slice.row(i), RowOutcome.UNKNOWN);
            }
        }
    }
}
