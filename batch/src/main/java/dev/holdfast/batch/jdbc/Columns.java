package dev.holdfast.batch.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Which columns a value needs, and how it is made of them. */
interface Columns<V> {
    /** The names as the user has them; empty for all columns. */
    List<String> names();

    /** Makes a value; the named columns are the first of the row, in their order. */
    V map(ResultSet row) throws SQLException;
}
