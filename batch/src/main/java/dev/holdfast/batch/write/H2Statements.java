package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.SqlKind;
import java.nio.charset.StandardCharsets;
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

/** H2: one array per column, and MERGE, since it has neither UPDATE … FROM nor ON CONFLICT. */
final class H2Statements implements Statements {
    private final Shape shape;
    private final List<Column> fields;
    private final int timeoutSeconds;

    H2Statements(Shape shape, int timeoutSeconds) {
        this.shape = shape;
        this.fields = shape.fields();
        this.timeoutSeconds = timeoutSeconds;
    }

    private static String carrier(Column column, boolean key) {
        return switch (column.kind()) {
            case INTEGER, BOOLEAN, UUID, ARRAY, JSON -> column.type();
            // A plain NUMERIC has no fraction here.
            case DECIMAL -> key ? "DECFLOAT(1000)" : "CHARACTER VARYING";
            case FLOAT -> "DOUBLE PRECISION";
            case TEXT ->
                column.type().toUpperCase(Locale.ROOT).contains("IGNORECASE")
                        ? "VARCHAR_IGNORECASE"
                        : "CHARACTER VARYING";
            case BINARY -> "BINARY VARYING";
            case DATE -> "DATE";
            case TIME -> "TIME(9)";
            case TIMESTAMP -> "TIMESTAMP(9)";
            case INSTANT -> "TIMESTAMP(9) WITH TIME ZONE";
            case OTHER -> "CHARACTER VARYING";
        };
    }

    private String unnest(int count) {
        return "UNNEST("
                + IntStream.range(0, count)
                        .mapToObj(i -> "CAST(? AS "
                                + carrier(fields.get(i), i < shape.keys().size()) + " ARRAY)")
                        .collect(Collectors.joining(", "))
                + ") WITH ORDINALITY AS s (" + Shape.names("f", count) + ", n)";
    }

    private String keysMatch() {
        return IntStream.range(0, shape.keys().size())
                .mapToObj(i -> "t." + shape.quoted(fields.get(i)) + " = s.f" + i)
                .collect(Collectors.joining(" AND "));
    }

    private String lockSql() {
        return "SELECT s.n FROM " + unnest(shape.keys().size()) + " JOIN "
                + shape.table().sql() + " t ON " + keysMatch() + " FOR UPDATE";
    }

    private String writeSql() {
        int keys = shape.keys().size();
        String merge = "MERGE INTO " + shape.table().sql() + " t USING (SELECT * FROM " + unnest(fields.size())
                + ") s ON " + keysMatch();
        String update = " WHEN MATCHED THEN UPDATE SET "
                + IntStream.range(keys, keys + shape.sets().size())
                        .mapToObj(i -> shape.quoted(fields.get(i)) + " = s.f" + i)
                        .collect(Collectors.joining(", "));
        return switch (shape.operation()) {
            case UPDATE -> merge + update;
            case DELETE -> merge + " WHEN MATCHED THEN DELETE";
            case INSERT ->
                "INSERT INTO " + shape.table().sql() + " (" + shape.insertColumns() + ") SELECT "
                        + Shape.names("s.f", fields.size()) + " FROM " + unnest(fields.size());
            case UPSERT ->
                merge + update + " WHEN NOT MATCHED THEN INSERT (" + shape.insertColumns() + ") VALUES ("
                        + Shape.names("s.f", fields.size()) + ")";
        };
    }

    @Override
    public BitSet write(Connection connection, Slice slice) throws SQLException {
        BitSet missed = new BitSet(slice.size());
        if (shape.operation() == Operation.UPDATE || shape.operation() == Operation.DELETE) {
            missed.set(0, slice.size());
            try (PreparedStatement statement = Statements.prepare(connection, lockSql(), timeoutSeconds)) {
                bind(statement, slice, shape.keys().size());
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        missed.clear(found.getInt(1) - 1);
                    }
                }
            }
        }
        if (missed.cardinality() < slice.size()) {
            try (PreparedStatement statement = Statements.prepare(connection, writeSql(), timeoutSeconds)) {
                bind(statement, slice, fields.size());
                statement.executeUpdate();
            }
        }
        return missed;
    }

    private void bind(PreparedStatement statement, Slice slice, int count) throws SQLException {
        for (int field = 0; field < count; field++) {
            @Nullable Object[] column = new Object[slice.size()];
            for (int i = 0; i < column.length; i++) {
                column[i] = bound(slice.value(field, i), fields.get(field).kind());
            }
            statement.setObject(field + 1, column);
        }
    }

    private static @Nullable Object bound(@Nullable Object value, SqlKind kind) {
        if (value instanceof List<?> list) {
            return list.stream().map(element -> bound(element, SqlKind.OTHER)).toArray();
        }
        // H2 takes bytes for JSON itself, and a string for a JSON string.
        return kind == SqlKind.JSON && value != null ? value.toString().getBytes(StandardCharsets.UTF_8) : value;
    }

    @Override
    public List<int[]> sameKeys(Connection connection, Slice all) throws SQLException {
        int keys = shape.keys().size();
        String sql = "SELECT n, first FROM (SELECT s.n, MIN(s.n) OVER (PARTITION BY " + Shape.names("s.f", keys)
                + ") AS first FROM " + unnest(keys) + ") d WHERE n <> first";
        List<int[]> same = new ArrayList<>();
        try (PreparedStatement statement = Statements.prepare(connection, sql, timeoutSeconds)) {
            bind(statement, all, keys);
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
        boolean finds = shape.operation() == Operation.UPDATE || shape.operation() == Operation.DELETE;
        return finds ? lockSql() + "; " + writeSql() : writeSql();
    }
}
