package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.SqlKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * PostgreSQL: one array parameter per column, so that there is one SQL text for any number of rows, and no limit of binds.
 *
 * <p>Locking and changing are two statements in one round trip rather than a CTE: the second takes its own snapshot, and
 * was measured faster.
 */
final class PostgresStatements implements Statements {
    private final Shape shape;
    private final List<Column> fields;
    private final int copyFrom;
    private final int timeoutSeconds;
    private final String lock;
    private final String write;

    PostgresStatements(Shape shape, int copyFrom, int timeoutSeconds) {
        this.shape = shape;
        this.fields = shape.fields();
        this.copyFrom = shape.table().copies() && PostgresCopy.isPossible() ? copyFrom : Integer.MAX_VALUE;
        this.timeoutSeconds = timeoutSeconds;
        boolean finds = shape.operation() == Operation.UPDATE || shape.operation() == Operation.DELETE;
        this.lock = finds && shape.ordered() ? lockSql() + "; " : "";
        this.write = switch (shape.operation()) {
            case UPDATE ->
                "UPDATE " + table() + " AS t SET " + assignments() + " FROM " + unnest(fields.size()) + " WHERE "
                        + keysMatch() + " RETURNING s.n";
            case DELETE ->
                "DELETE FROM " + table() + " AS t USING " + unnest(fields.size()) + " WHERE " + keysMatch()
                        + " RETURNING s.n";
            case INSERT -> insert("");
            case UPSERT ->
                insert(
                                shape.ordered()
                                        ? " ORDER BY "
                                                + Shape.names(
                                                        "s.f", shape.keys().size())
                                        : "") + " ON CONFLICT ("
                        + quoted(shape.keys()) + ") DO UPDATE SET "
                        + shape.sets().stream()
                                .map(column -> shape.quoted(column) + " = excluded." + shape.quoted(column))
                                .collect(Collectors.joining(", "));
        };
    }

    private String table() {
        return shape.table().sql();
    }

    private String quoted(List<Column> columns) {
        return columns.stream().map(shape::quoted).collect(Collectors.joining(", "));
    }

    /** The type of the elements that carry a column: arrays go as text, since unnest would take them apart to the last. */
    private static String carrier(Column column) {
        return column.kind() == SqlKind.ARRAY ? "text" : column.type();
    }

    private static String parameter(Column column) {
        return "?::" + carrier(column) + "[]";
    }

    private String unnest(int count) {
        return "unnest("
                + fields.stream()
                        .limit(count)
                        .map(PostgresStatements::parameter)
                        .collect(Collectors.joining(", ")) + ") WITH ORDINALITY AS s (" + Shape.names("f", count)
                + ", n)";
    }

    private String value(int field) {
        Column column = fields.get(field);
        return column.kind() == SqlKind.ARRAY ? "s.f" + field + "::" + column.type() : "s.f" + field;
    }

    private String keysMatch() {
        return IntStream.range(0, shape.keys().size())
                .mapToObj(i -> "t." + shape.quoted(fields.get(i)) + " = " + value(i))
                .collect(Collectors.joining(" AND "));
    }

    private String assignments() {
        int keys = shape.keys().size();
        return IntStream.range(0, shape.sets().size())
                .mapToObj(i -> shape.quoted(fields.get(keys + i)) + " = " + value(keys + i))
                .collect(Collectors.joining(", "));
    }

    private String insert(String orderBy) {
        return "INSERT INTO " + table() + " (" + shape.insertColumns() + ") SELECT "
                + IntStream.range(0, fields.size()).mapToObj(this::value).collect(Collectors.joining(", ")) + " FROM "
                + unnest(fields.size()) + orderBy;
    }

    private String lockSql() {
        // What changes a key takes the strongest lock; taking a weaker one first would be a second wait.
        String strength = shape.changesKeys() ? "FOR UPDATE" : "FOR NO KEY UPDATE";
        String by = shape.keys().stream().map(key -> "t." + shape.quoted(key)).collect(Collectors.joining(", "));
        String found = shape.keys().size() == 1 && fields.get(0).kind() != SqlKind.ARRAY
                ? table() + " AS t WHERE " + by + " = ANY(" + parameter(fields.get(0)) + ")"
                : table() + " AS t JOIN " + unnest(shape.keys().size()) + " ON " + keysMatch();
        return "SELECT count(*) FROM (SELECT 1 FROM " + found + " ORDER BY " + by + " " + strength + " OF t) AS locked";
    }

    @Override
    public BitSet write(Connection connection, Slice slice) throws SQLException {
        if (shape.operation() == Operation.INSERT && slice.size() >= copyFrom) {
            long copied = PostgresCopy.insert(
                    connection, table() + " (" + shape.insertColumns() + ")", fields, slice, timeoutSeconds);
            return all(copied, slice);
        }
        try (PreparedStatement statement = Statements.prepare(connection, lock + write, timeoutSeconds)) {
            int parameter = 1;
            List<String> arrays = arrays(slice, fields.size());
            if (!lock.isEmpty()) {
                for (String array : arrays.subList(0, shape.keys().size())) {
                    statement.setObject(parameter++, array, Types.OTHER);
                }
            }
            for (String array : arrays) {
                statement.setObject(parameter++, array, Types.OTHER);
            }
            statement.execute();
            if (!lock.isEmpty()) {
                statement.getMoreResults();
            }
            if (shape.operation() == Operation.INSERT || shape.operation() == Operation.UPSERT) {
                return all(statement.getUpdateCount(), slice);
            }
            BitSet missed = new BitSet(slice.size());
            missed.set(0, slice.size());
            try (ResultSet written = statement.getResultSet()) {
                while (written.next()) {
                    missed.clear(written.getInt(1) - 1);
                }
            }
            return missed;
        }
    }

    /** Inserted rows are known by their number only. */
    private static BitSet all(long count, Slice slice) throws SQLException {
        BitSet missed = new BitSet();
        if (count == slice.size()) {
            return missed;
        }
        if (slice.size() > 1) {
            throw new CountException(count, slice.size());
        }
        missed.set(0);
        return missed;
    }

    private List<String> arrays(Slice slice, int count) {
        List<String> arrays = new ArrayList<>();
        for (int field = 0; field < count; field++) {
            PostgresText text = new PostgresText(slice.size() * 16);
            text.array(slice, field, fields.get(field).kind() == SqlKind.ARRAY);
            arrays.add(text.toString());
        }
        return arrays;
    }

    @Override
    public List<int[]> sameKeys(Connection connection, Slice all) throws SQLException {
        int keys = shape.keys().size();
        String by = IntStream.range(0, keys)
                .mapToObj(i -> "s.f" + i
                        + (fields.get(i).collation() == null
                                ? ""
                                : " COLLATE " + fields.get(i).collation()))
                .collect(Collectors.joining(", "));
        String sql = "SELECT n, first FROM (SELECT s.n, min(s.n) OVER (PARTITION BY " + by + ") AS first FROM "
                + unnest(keys) + ") AS d WHERE n <> first";
        List<int[]> same = new ArrayList<>();
        try (PreparedStatement statement = Statements.prepare(connection, sql, timeoutSeconds)) {
            List<String> arrays = arrays(all, keys);
            for (int i = 0; i < keys; i++) {
                statement.setObject(i + 1, arrays.get(i), Types.OTHER);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    same.add(new int[] {rows.getInt(1) - 1, rows.getInt(2) - 1});
                }
            }
        }
        return same;
    }

    @Override
    public boolean checkAtOnce(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
        return true;
    }

    @Override
    public String sql() {
        return lock + write;
    }
}
