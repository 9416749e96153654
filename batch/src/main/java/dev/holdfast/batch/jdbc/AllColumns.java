package dev.holdfast.batch.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/** A mapper of the user, who may want any column. */
record AllColumns<V>(RowMapper<V> mapper) implements Columns<V> {
    AllColumns {
        Objects.requireNonNull(mapper, "mapper");
    }

    @Override
    public List<String> names() {
        return List.of();
    }

    @Override
    public V map(ResultSet row) throws SQLException {
        return Objects.requireNonNull(
                mapper.map(row),
                "the row mapper returned null: return a value for each row, the loader knows absence itself");
    }
}
