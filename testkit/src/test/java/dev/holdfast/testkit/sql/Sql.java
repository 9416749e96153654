package dev.holdfast.testkit.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** One statement, one value, or null if there is no row. */
public final class Sql {

    private Sql() {}

    public static String query(SqlServer server, String sql) throws SQLException {
        try (Connection connection = server.connection()) {
            return query(connection, sql);
        }
    }

    public static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? result.getString(1) : null;
        }
    }

    public static void execute(SqlServer server, String sql) throws SQLException {
        try (Connection connection = server.connection()) {
            execute(connection, sql);
        }
    }

    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
