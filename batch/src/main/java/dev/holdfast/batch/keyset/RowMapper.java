package dev.holdfast.batch.keyset;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes an object of a row.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
public interface RowMapper<T> {
    /**
     * Maps the current row.
     *
     * @param row positioned on a row; not to be moved or kept
     * @return the object, not null
     * @throws SQLException if the row does not yield it; ends the reading
     */
    T map(ResultSet row) throws SQLException;
}
