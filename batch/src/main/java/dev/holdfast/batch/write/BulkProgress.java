package dev.holdfast.batch.write;

import java.time.Duration;

/**
 * How far a call has come, after each chunk.
 *
 * @param done rows that have an outcome so far; with {@link Transactions#WHOLE} they are not committed yet
 * @param total rows of the call
 * @param failed rows that the database refused so far
 * @param elapsed time since the call began
 */
public record BulkProgress(int done, int total, int failed, Duration elapsed) {}
