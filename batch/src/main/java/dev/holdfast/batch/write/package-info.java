/**
 * Writing many rows in few statements, with a verdict for each row.
 *
 * <p>{@link dev.holdfast.batch.write.BulkWriter} is the door. The way of the rows: {@code Input} takes them out of the caller's
 * objects and refuses what cannot be written, {@code BulkRun} cuts chunks and owns the transaction, one {@code Statements} per
 * database has the SQL, and {@code Verdicts} remembers what became of each row. All of a call happens on the caller's thread;
 * nothing is shared between calls but the description of the table, which is immutable.
 */
@NullMarked
package dev.holdfast.batch.write;

import org.jspecify.annotations.NullMarked;
