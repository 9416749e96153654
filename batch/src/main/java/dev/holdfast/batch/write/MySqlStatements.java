package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.Values;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * MariaDB and MySQL: rows that must be found come as one JSON document, which JSON_TABLE makes a table of; rows that are
 * inserted come as VALUES.
 *
 * <p>STRAIGHT_JOIN reads that table first, in its order, which therefore is the order of the locks. The number of rows that
 * an UPDATE counts depends on a setting of the driver, so what was missed is known from the rows that were locked before.
 */
final class MySqlStatements implements Statements {
    /** Servers prepare no statement with 65,536 parameters or more. */
    private static final int MOST_PARAMETERS = 60_000;

    private final Shape shape;
    private final List<Column> fields;
    private final int timeoutSeconds;

    MySqlStatements(Shape shape, int timeoutSeconds) {
        this.shape = shape;
        this.fields = shape.fields();
        this.timeoutSeconds = timeoutSeconds;
    }

    @Override
    public int mostRows() {
        return Math.max(1, MOST_PARAMETERS / fields.size());
    }

    private String source(int count) {
        StringBuilder sql = new StringBuilder("JSON_TABLE(?, '$[*]' COLUMNS(n FOR ORDINALITY");
        for (int i = 0; i < count; i++) {
            sql.append(", f")
                    .append(i)
                    .append(' ')
                    .append(carrier(fields.get(i), i < shape.keys().size()));
            sql.append(" PATH '$[").append(i).append("]' NULL ON EMPTY ERROR ON ERROR");
        }
        return sql.append(")) AS s").toString();
    }

    /** Values go as text, which an assignment converts without loss; only what is looked up in an index has its type. */
    private static String carrier(Column column, boolean key) {
        return switch (column.kind()) {
            case INTEGER ->
                key
                        ? "BIGINT" + (column.type().toUpperCase(Locale.ROOT).contains("UNSIGNED") ? " UNSIGNED" : "")
                        : "VARCHAR(64)";
            // Of the widest type, since the column's own would round a key to another one.
            case DECIMAL -> key ? "DECIMAL(65,30)" : "VARCHAR(100)";
            case FLOAT, BOOLEAN, DATE, TIME, TIMESTAMP, INSTANT, UUID -> "VARCHAR(100)";
            case TEXT -> key ? "VARCHAR(3072)" : "LONGTEXT";
            default -> "LONGTEXT";
        };
    }

    private String value(int i, boolean key) {
        Column column = fields.get(i);
        String value = "s.f" + i;
        return switch (column.kind()) {
            case BINARY -> "UNHEX(" + value + ")";
            case INTEGER -> column.type().equalsIgnoreCase("BIT") ? "CAST(" + value + " AS UNSIGNED)" : value;
            case UUID -> key ? "CAST(" + value + " AS UUID)" : value;
            case DATE -> key ? "CAST(" + value + " AS DATE)" : value;
            case TIME -> key ? "CAST(" + value + " AS TIME(6))" : value;
            case TIMESTAMP, INSTANT -> key ? "CAST(" + value + " AS DATETIME(6))" : value;
            case FLOAT -> key ? "CAST(" + value + " AS DOUBLE)" : value;
            case TEXT -> key ? collated(value, column) : value;
            default -> value;
        };
    }

    /** The column's own idea of what is equal, explicitly: the document has another one, and neither would win. */
    private static String collated(String value, Column column) {
        String collation = column.collation();
        if (collation == null) {
            return value;
        }
        int end = collation.indexOf('_');
        String charset = end < 0 ? collation : collation.substring(0, end);
        return "CONVERT(" + value + " USING " + charset + ") COLLATE " + collation;
    }

    private String join() {
        return "STRAIGHT_JOIN " + shape.table().sql() + " AS t ON "
                + IntStream.range(0, shape.keys().size())
                        .mapToObj(i -> "t." + shape.quoted(fields.get(i)) + " = " + value(i, true))
                        .collect(Collectors.joining(" AND "));
    }

    private String lockSql() {
        return "SELECT s.n FROM " + source(shape.keys().size()) + " " + join() + " FOR UPDATE";
    }

    private String updateSql() {
        int keys = shape.keys().size();
        return "UPDATE " + source(fields.size()) + " " + join() + " SET "
                + IntStream.range(keys, fields.size())
                        .mapToObj(i -> "t." + shape.quoted(fields.get(i)) + " = " + value(i, false))
                        .collect(Collectors.joining(", "));
    }

    private String deleteSql() {
        return "DELETE t FROM " + source(fields.size()) + " " + join();
    }

    private String insertSql(int rows) {
        String row = "(" + "?, ".repeat(fields.size() - 1) + "?)";
        StringBuilder sql = new StringBuilder("INSERT INTO ")
                .append(shape.table().sql())
                .append(" (")
                .append(shape.insertColumns())
                .append(") VALUES ")
                .append(row);
        for (int i = 1; i < rows; i++) {
            sql.append(", ").append(row);
        }
        if (shape.operation() == Operation.UPSERT) {
            sql.append(" ON DUPLICATE KEY UPDATE ")
                    .append(shape.sets().stream()
                            .map(shape::quoted)
                            .map(name -> name + " = VALUES(" + name + ")")
                            .collect(Collectors.joining(", ")));
        }
        return sql.toString();
    }

    @Override
    public BitSet write(Connection connection, Slice slice) throws SQLException {
        if (shape.operation() == Operation.INSERT || shape.operation() == Operation.UPSERT) {
            insert(connection, slice);
            return new BitSet();
        }
        BitSet missed = new BitSet(slice.size());
        missed.set(0, slice.size());
        try (PreparedStatement statement = Statements.prepare(connection, lockSql(), timeoutSeconds)) {
            statement.setString(1, json(slice, shape.keys().size()));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    missed.clear(found.getInt(1) - 1);
                }
            }
        }
        if (missed.cardinality() < slice.size()) {
            String sql = shape.operation() == Operation.UPDATE ? updateSql() : deleteSql();
            try (PreparedStatement statement = Statements.prepare(connection, sql, timeoutSeconds)) {
                statement.setString(1, json(slice, fields.size()));
                statement.executeUpdate();
            }
        }
        return missed;
    }

    private void insert(Connection connection, Slice slice) throws SQLException {
        try (PreparedStatement statement = Statements.prepare(connection, insertSql(slice.size()), timeoutSeconds)) {
            int parameter = 1;
            for (int i = 0; i < slice.size(); i++) {
                for (int field = 0; field < fields.size(); field++) {
                    bind(statement, parameter++, slice.value(field, i));
                }
            }
            statement.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, int parameter, @Nullable Object value) throws SQLException {
        if (value == null || value instanceof Long || value instanceof byte[] || value instanceof Number) {
            statement.setObject(parameter, value);
        } else if (value instanceof Boolean flag) {
            statement.setBoolean(parameter, flag);
        } else {
            statement.setString(parameter, Values.text(value, false));
        }
    }

    private static String json(Slice slice, int count) {
        StringBuilder out = new StringBuilder(slice.size() * count * 16).append('[');
        for (int i = 0; i < slice.size(); i++) {
            out.append(i == 0 ? "[" : ",[");
            for (int field = 0; field < count; field++) {
                if (field > 0) {
                    out.append(',');
                }
                Object value = slice.value(field, i);
                if (value == null) {
                    out.append("null");
                } else if (value instanceof Long) {
                    out.append(value);
                } else if (value instanceof Boolean flag) {
                    out.append(flag ? "1" : "0");
                } else {
                    string(out, Values.text(value, false));
                }
            }
            out.append(']');
        }
        return out.append(']').toString();
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    @Override
    public List<int[]> sameKeys(Connection connection, Slice all) throws SQLException {
        int keys = shape.keys().size();
        String by = IntStream.range(0, keys).mapToObj(i -> value(i, true)).collect(Collectors.joining(", "));
        String sql = "SELECT n, first FROM (SELECT s.n, MIN(s.n) OVER (PARTITION BY " + by + ") AS first FROM "
                + source(keys) + ") AS d WHERE n <> first";
        List<int[]> same = new ArrayList<>();
        try (PreparedStatement statement = Statements.prepare(connection, sql, timeoutSeconds)) {
            statement.setString(1, json(all, keys));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    same.add(new int[] {rows.getInt(1) - 1, rows.getInt(2) - 1});
                }
            }
        }
        return same;
    }

    @Override
    public String sql() {
        return switch (shape.operation()) {
            case UPDATE -> lockSql() + "; " + updateSql();
            case DELETE -> lockSql() + "; " + deleteSql();
            default -> insertSql(1);
        };
    }
}
