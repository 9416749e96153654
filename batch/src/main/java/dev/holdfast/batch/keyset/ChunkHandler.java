package dev.holdfast.batch.keyset;

import java.util.List;

/**
 * Does something with a chunk of rows.
 *
 * @param <T> type of the rows
 * @param <E> what it may throw; {@link RuntimeException} if nothing checked
 */
@FunctionalInterface
public interface ChunkHandler<T, E extends Exception> {
    /**
     * Handles a chunk. Nothing of the reader is held meanwhile, no connection either.
     *
     * @param rows the rows in order, at least one
     * @throws E ends the reading; the position stays before this chunk
     */
    void handle(List<T> rows) throws E;
}
