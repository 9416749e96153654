package dev.holdfast.batch.keyset;

import java.util.function.LongSupplier;

/**
 * Stands between a {@link Keyset} and the counting of its rows, so that a cache can keep the number:
 *
 * <pre>{@code
 * TieredCache<String, Long> counts = …;
 * keyset.countThrough((key, count) -> counts.get(key, missing -> count.getAsLong()));
 * }</pre>
 */
@FunctionalInterface
public interface CountSource {
    /**
     * Returns the number of rows.
     *
     * @param key stands for query and arguments; the same on every node and after a restart
     * @param count counts the rows in the database
     * @return the number
     */
    long get(String key, LongSupplier count);
}
