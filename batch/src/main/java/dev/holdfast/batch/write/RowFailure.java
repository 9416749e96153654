package dev.holdfast.batch.write;

import java.sql.SQLException;

/**
 * A row that the database refused.
 *
 * @param index its place among the rows of the call, from 0
 * @param row the row
 * @param cause what the database said of it alone
 * @param <R> type of the rows
 */
public record RowFailure<R>(int index, R row, SQLException cause) {}
