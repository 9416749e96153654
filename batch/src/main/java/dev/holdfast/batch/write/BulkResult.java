package dev.holdfast.batch.write;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What became of each row of one call.
 *
 * <p>Immutable and thread-safe; keeps the rows of the call reachable.
 *
 * @param <R> type of the rows
 */
public final class BulkResult<R> {
    private static final RowOutcome[] OUTCOMES = RowOutcome.values();

    private final List<R> rows;
    private final byte[] outcomes;
    private final List<RowFailure<R>> failures;
    private final int[] counts = new int[OUTCOMES.length];
    private final int chunks;
    private final int retries;
    private final Duration elapsed;

    BulkResult(
            List<R> rows,
            byte[] outcomes,
            Map<Integer, SQLException> causes,
            int chunks,
            int retries,
            Duration elapsed) {
        this.rows = rows;
        this.outcomes = outcomes;
        this.failures = causes.entrySet().stream()
                .map(entry -> new RowFailure<>(entry.getKey(), rows.get(entry.getKey()), entry.getValue()))
                .toList();
        this.chunks = chunks;
        this.retries = retries;
        this.elapsed = elapsed;
        for (byte outcome : outcomes) {
            counts[outcome]++;
        }
    }

    /**
     * How many rows the call had.
     *
     * @return the number
     */
    public int total() {
        return outcomes.length;
    }

    /**
     * How many rows had an outcome.
     *
     * @param outcome the outcome
     * @return the number
     */
    public int count(RowOutcome outcome) {
        return counts[outcome.ordinal()];
    }

    /**
     * How many rows were updated, inserted or deleted.
     *
     * @return the number of {@link RowOutcome#WRITTEN}
     */
    public int written() {
        return count(RowOutcome.WRITTEN);
    }

    /**
     * How many rows found nothing to change.
     *
     * @return the number of {@link RowOutcome#MISSED}
     */
    public int missed() {
        return count(RowOutcome.MISSED);
    }

    /**
     * How many rows the database refused.
     *
     * @return the number of {@link RowOutcome#FAILED}
     */
    public int failed() {
        return count(RowOutcome.FAILED);
    }

    /**
     * What became of a row.
     *
     * @param index its place among the rows of the call, from 0
     * @return the outcome
     * @throws IndexOutOfBoundsException if there is no such row
     */
    public RowOutcome outcome(int index) {
        return OUTCOMES[outcomes[index]];
    }

    /**
     * The rows that had an outcome.
     *
     * @param outcome the outcome
     * @return the rows, in the order of the call
     */
    public List<R> rows(RowOutcome outcome) {
        List<R> found = new ArrayList<>(count(outcome));
        for (int i = 0; i < outcomes.length; i++) {
            if (outcomes[i] == outcome.ordinal()) {
                found.add(rows.get(i));
            }
        }
        return found;
    }

    /**
     * The rows that the database refused, each with the cause.
     *
     * @return an immutable list, in the order of the call
     */
    public List<RowFailure<R>> failures() {
        return failures;
    }

    /**
     * Whether every row was written, or left out for another of its key.
     *
     * @return false if a row was missed, failed, not written or is in doubt
     */
    public boolean isComplete() {
        return written() + count(RowOutcome.SUPERSEDED) == total();
    }

    /**
     * Insists that every row was written, or left out for another of its key.
     *
     * @return this
     * @throws BulkWriteException if {@link #isComplete()} is false
     */
    public BulkResult<R> orThrow() {
        if (!isComplete()) {
            throw new BulkWriteException(
                    "not all rows were written: " + this,
                    this,
                    failures.isEmpty() ? null : failures.get(0).cause());
        }
        return this;
    }

    /**
     * How many chunks the rows were cut into.
     *
     * @return the number
     */
    public int chunks() {
        return chunks;
    }

    /**
     * How often a transaction was tried again after a deadlock, a lost serialization or a lock that did not come.
     *
     * @return the number
     */
    public int retries() {
        return retries;
    }

    /**
     * How long the call took.
     *
     * @return the time
     */
    public Duration elapsed() {
        return elapsed;
    }

    /** The counts that are not 0, such as {@code 1000 rows: 999 written, 1 failed (row 501: …)}. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", total() + " rows: ", "");
        text.setEmptyValue("0 rows");
        for (RowOutcome outcome : OUTCOMES) {
            if (count(outcome) > 0) {
                text.add(count(outcome) + " "
                        + outcome.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            }
        }
        if (failures.isEmpty()) {
            return text.toString();
        }
        RowFailure<R> first = failures.get(0);
        return text + " (row " + first.index() + ": " + first.cause().getMessage() + ")";
    }
}
