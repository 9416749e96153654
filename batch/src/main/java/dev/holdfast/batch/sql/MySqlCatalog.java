package dev.holdfast.batch.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What JDBC does not tell of MySQL's and MariaDB's columns. */
final class MySqlCatalog {
    private MySqlCatalog() {}

    /** The collation of each column that has one. */
    static Map<String, String> collations(Connection connection, @Nullable String schema, String table)
            throws SQLException {
        Map<String, String> collations = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT column_name, collation_name FROM information_schema.columns"
                        + " WHERE table_schema = coalesce(?, database()) AND table_name = ? AND collation_name IS NOT NULL")) {
            statement.setString(1, schema);
            statement.setString(2, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    collations.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return collations;
    }
}
