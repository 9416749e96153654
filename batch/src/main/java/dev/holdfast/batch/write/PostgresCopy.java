package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.postgresql.PGConnection;

/** PostgreSQL's COPY, the one thing that JDBC's interfaces do not have. The only class that needs the driver. */
final class PostgresCopy {
    private PostgresCopy() {}

    /** Whether the driver is there to be called, and not only to be loaded by a pool. */
    static boolean isPossible() {
        try {
            return PGConnection.class.getName() != null;
        } catch (LinkageError e) {
            return false;
        }
    }

    /** Copies rows into a table and returns how many there were. */
    static long insert(Connection connection, String target, List<Column> fields, Slice slice, int timeoutSeconds)
            throws SQLException {
        PostgresText text = new PostgresText(slice.size() * fields.size() * 16);
        for (int i = 0; i < slice.size(); i++) {
            for (int field = 0; field < fields.size(); field++) {
                if (field > 0) {
                    text.append('\t');
                }
                text.copied(slice.value(field, i));
            }
            text.append('\n');
        }
        PGConnection postgres = connection.unwrap(PGConnection.class);
        // The driver's own limit does not reach COPY. It ends with the transaction, or is put back.
        String before = limit(connection, timeoutSeconds + "s");
        try {
            long copied =
                    postgres.getCopyAPI().copyIn("COPY " + target + " FROM STDIN", new StringReader(text.toString()));
            limit(connection, before);
            return copied;
        } catch (IOException e) {
            throw new SQLException("the rows could not be sent: " + e.getMessage(), "08006", e);
        }
    }

    private static String limit(Connection connection, String value) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('statement_timeout') AS before,"
                        + " set_config('statement_timeout', '" + value + "', true)")) {
            row.next();
            return row.getString(1);
        }
    }
}
