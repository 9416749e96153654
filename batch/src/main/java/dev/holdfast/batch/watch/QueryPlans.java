package dev.holdfast.batch.watch;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Asks PostgreSQL how it would run a query, and names the large tables that it would read from end to end.
 *
 * <p>On demand, for one query at a time; nothing is executed. Thread-safe.
 */
public final class QueryPlans {
    private static final Pattern SCAN = Pattern.compile("\\bSeq Scan on (\\S+)(?: \\S+)?\\s+\\(cost=\\S+ rows=(\\d+) ");
    private static final Pattern FILTER = Pattern.compile("^\\s*Filter: (.*)$");

    private final DataSource dataSource;
    private final long largeRows;
    private final Duration timeout;

    private QueryPlans(DataSource dataSource, long largeRows, Duration timeout) {
        this.dataSource = dataSource;
        this.largeRows = largeRows;
        this.timeout = timeout;
    }

    /**
     * Makes an explainer.
     *
     * @param dataSource a PostgreSQL database
     * @param largeRows from how many rows on a table is large, at least 1; 10,000 is a good start
     * @param timeout the most one explanation may take, at least 1 s, whole seconds
     * @return the explainer
     * @throws IllegalArgumentException if a number is out of range
     */
    public static QueryPlans of(DataSource dataSource, long largeRows, Duration timeout) {
        if (largeRows < 1) {
            throw new IllegalArgumentException(
                    "largeRows " + largeRows + " is less than 1: give the size of a large table");
        }
        if (timeout.toSeconds() < 1) {
            throw new IllegalArgumentException(
                    "timeout " + timeout + " is shorter than 1 s, the least that JDBC can set");
        }
        return new QueryPlans(dataSource, largeRows, timeout);
    }

    /**
     * A table that a query reads from end to end.
     *
     * @param table its name with its schema
     * @param tableRows rows it has, as the server estimates
     * @param filter the condition that every row is tested with, null if none: an index on its columns may spare the scan
     */
    public record SequentialScan(
            String table, long tableRows, @Nullable String filter) {}

    /**
     * How the server would run a query.
     *
     * @param text the server's own words, with the parameters' values in conditions: not for logs
     * @param largeScans the large tables that would be read from end to end
     */
    public record Plan(String text, List<SequentialScan> largeScans) {}

    /**
     * Explains a query.
     *
     * @param sql a single query with {@code ?} for parameters
     * @param binds their values, as many
     * @return its plan
     * @throws SQLException if the server refuses, for example because the text holds more than one statement
     */
    public Plan explain(String sql, @Nullable Object... binds) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            List<String> lines = explain(connection, sql, binds);
            return new Plan(String.join("\n", lines), largeScans(connection, lines));
        }
    }

    private List<String> explain(Connection connection, String sql, @Nullable Object[] binds) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("EXPLAIN (VERBOSE, FORMAT TEXT) " + sql)) {
            statement.setQueryTimeout(Math.toIntExact(timeout.toSeconds()));
            for (int i = 0; i < binds.length; i++) {
                statement.setObject(i + 1, binds[i]);
            }
            List<String> lines = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    lines.add(result.getString(1));
                }
            }
            return lines;
        }
    }

    private List<SequentialScan> largeScans(Connection connection, List<String> lines) throws SQLException {
        List<SequentialScan> scans = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher scan = SCAN.matcher(lines.get(i));
            if (scan.find()) {
                long rows = tableRows(connection, scan.group(1));
                if (rows >= largeRows) {
                    scans.add(new SequentialScan(scan.group(1), rows, filterBehind(lines, i)));
                }
            }
        }
        return scans;
    }

    /** The filter of the node of a line: among the lines that follow, up to the next node. */
    private static @Nullable String filterBehind(List<String> lines, int node) {
        for (int i = node + 1; i < lines.size() && !lines.get(i).contains("(cost="); i++) {
            Matcher filter = FILTER.matcher(lines.get(i));
            if (filter.find()) {
                return filter.group(1);
            }
        }
        return null;
    }

    private long tableRows(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(?)")) {
            statement.setQueryTimeout(Math.toIntExact(timeout.toSeconds()));
            statement.setString(1, table);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() ? result.getLong(1) : 0;
            }
        }
    }
}
