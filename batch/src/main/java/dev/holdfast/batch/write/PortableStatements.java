package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;

/** Any other database: what every driver can do, a batch of single statements in the order of the keys. */
final class PortableStatements implements Statements {
    private final Shape shape;
    private final List<Column> fields;
    private final int timeoutSeconds;
    private final String sql;

    PortableStatements(Shape shape, int timeoutSeconds) {
        this.shape = shape;
        this.fields = shape.fields();
        this.timeoutSeconds = timeoutSeconds;
        String table = shape.table().sql();
        this.sql = switch (shape.operation()) {
            case UPDATE ->
                "UPDATE " + table + " SET " + equal(shape.sets(), ", ") + " WHERE " + equal(shape.keys(), " AND ");
            case DELETE -> "DELETE FROM " + table + " WHERE " + equal(shape.keys(), " AND ");
            case INSERT ->
                "INSERT INTO " + table + " (" + shape.insertColumns() + ") VALUES (" + "?, ".repeat(fields.size() - 1)
                        + "?)";
            case UPSERT -> throw new IllegalArgumentException("upsert has no portable form");
        };
    }

    private String equal(List<Column> columns, String between) {
        return columns.stream().map(column -> shape.quoted(column) + " = ?").collect(Collectors.joining(between));
    }

    @Override
    public BitSet write(Connection connection, Slice slice) throws SQLException {
        int keys = shape.keys().size();
        boolean keysLast = shape.operation() == Operation.UPDATE;
        BitSet missed = new BitSet(slice.size());
        try (PreparedStatement statement = Statements.prepare(connection, sql, timeoutSeconds)) {
            for (int i = 0; i < slice.size(); i++) {
                for (int field = 0; field < fields.size(); field++) {
                    int place = keysLast ? (field < keys ? fields.size() - keys + field : field - keys) : field;
                    statement.setObject(place + 1, slice.value(field, i));
                }
                statement.addBatch();
            }
            int[] counts = statement.executeBatch();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == Statement.SUCCESS_NO_INFO && slice.size() > 1) {
                    throw new CountException(counts[i], slice.size());
                }
                missed.set(i, counts[i] == 0);
            }
        }
        return missed;
    }

    @Override
    public List<int[]> sameKeys(Connection connection, Slice all) {
        return List.of();
    }

    @Override
    public String sql() {
        return sql;
    }
}
