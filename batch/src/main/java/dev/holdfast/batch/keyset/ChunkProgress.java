package dev.holdfast.batch.keyset;

import java.time.Duration;

/**
 * How far reading in chunks has come: given to whoever records where to start again.
 *
 * @param rows rows handled so far, since this reading began
 * @param chunks chunks handled so far
 * @param position after the last row handled; {@link KeysetChunks#startAfter} takes it, in this program and any later one
 * @param elapsed time since this reading began
 */
public record ChunkProgress(long rows, long chunks, String position, Duration elapsed) {}
