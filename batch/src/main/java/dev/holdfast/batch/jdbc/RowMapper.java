package dev.holdfast.batch.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes a value of the current row.
 *
 * @param <V> the type of the value
 */
@FunctionalInterface
public interface RowMapper<V> {
    /**
     * Reads the row.
     *
     * @param row stands on the row; must not be moved or closed. It has all columns of the table
     * @return the value, not null
     * @throws SQLException if the row cannot be read
     */
    V map(ResultSet row) throws SQLException;
}
