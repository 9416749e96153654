package dev.holdfast.batch.jdbc;

import dev.holdfast.batch.source.KeyChunks;
import dev.holdfast.batch.source.KeyedRows.Keyed;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statement that reads rows by keys: one text on PostgreSQL, one for each padded size elsewhere. Thread-safe. */
final class KeyStatement<K, V> {
    private static final String KEY_LABEL = "hf_batch_key";

    /** Types of the array for keys that PostgreSQL compares with columns of other types too, and still uses the index. */
    private static final Map<Class<?>, String> ARRAY_TYPES = Map.of(
            Long.class, "int8",
            Integer.class, "int4",
            Short.class, "int2",
            BigDecimal.class, "numeric",
            BigInteger.class, "numeric",
            UUID.class, "uuid");

    private final String table;
    private final String keyColumn;
    private final Class<K> keyType;
    private final List<String> order;
    private final Columns<V> columns;
    private volatile @Nullable Prepared prepared;

    /** The parts that the table's shape decides. */
    private record Prepared(boolean postgres, String before, String after, String arrayType, int keyIndex) {}

    KeyStatement(String table, String keyColumn, Class<K> keyType, List<String> order, Columns<V> columns) {
        this.table = table;
        this.keyColumn = keyColumn;
        this.keyType = keyType;
        this.order = order;
        this.columns = columns;
    }

    List<Keyed<K, V>> rows(Connection connection, List<K> keys, Duration timeout) throws SQLException {
        Prepared parts = prepared;
        if (parts == null) {
            parts = prepare(TableShape.read(connection, table));
            prepared = parts; // whoever was first: they are all the same
        }
        List<Keyed<K, V>> rows = new ArrayList<>(keys.size());
        if (parts.postgres) {
            try (PreparedStatement statement = connection.prepareStatement(parts.before + " = ANY (?)" + parts.after)) {
                Array array = connection.createArrayOf(parts.arrayType, keys.toArray());
                try {
                    statement.setArray(1, array);
                    read(statement, parts, timeout, rows);
                } finally {
                    array.free();
                }
            }
            return rows;
        }
        for (List<K> chunk : KeyChunks.of(keys)) {
            String list = "?" + ", ?".repeat(chunk.size() - 1);
            try (PreparedStatement statement =
                    connection.prepareStatement(parts.before + " IN (" + list + ")" + parts.after)) {
                for (int i = 0; i < chunk.size(); i++) {
                    statement.setObject(i + 1, chunk.get(i));
                }
                read(statement, parts, timeout, rows);
            }
        }
        return rows;
    }

    private void read(PreparedStatement statement, Prepared parts, Duration timeout, List<Keyed<K, V>> rows)
            throws SQLException {
        statement.setQueryTimeout(
                (int) Math.min(Integer.MAX_VALUE, timeout.plusMillis(999).toSeconds()));
        try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                int column = parts.keyIndex > 0 ? parts.keyIndex : found.findColumn(KEY_LABEL);
                Object key = Objects.requireNonNull(
                        ColumnValues.read(found, column, keyType), "a row was found by a key it does not have");
                rows.add(new Keyed<>(keyType.cast(key), columns.map(found)));
            }
        }
    }

    private Prepared prepare(TableShape shape) throws SQLException {
        TableShape.Column key = shape.column(keyColumn);
        StringBuilder before = new StringBuilder("SELECT ");
        List<String> names = columns.names();
        for (String name : names) {
            before.append("t.").append(shape.quoted(shape.column(name))).append(", ");
        }
        if (names.isEmpty()) {
            before.append("t.*, ");
        }
        before.append("t.").append(shape.quoted(key)).append(" AS ").append(KEY_LABEL);
        before.append(" FROM ").append(shape.sqlName).append(" t WHERE t.").append(shape.quoted(key));
        StringBuilder after = new StringBuilder();
        for (String item : order) {
            after.append(after.isEmpty() ? " ORDER BY " : ", ").append(orderItem(shape, item));
        }
        String arrayType = ARRAY_TYPES.getOrDefault(keyType, key.type());
        return new Prepared(
                shape.postgres, before.toString(), after.toString(), arrayType, names.isEmpty() ? 0 : names.size() + 1);
    }

    private static String orderItem(TableShape shape, String item) throws SQLException {
        String[] words = item.strip().split("\\s+");
        String direction = words.length == 1 ? "" : words[1].toUpperCase(Locale.ROOT);
        if (words.length > 2 || !(direction.isEmpty() || direction.equals("ASC") || direction.equals("DESC"))) {
            throw new SQLException("order '" + item + "' is not a column with an optional asc or desc");
        }
        return "t." + shape.quoted(shape.column(words[0])) + (direction.isEmpty() ? "" : " " + direction);
    }
}
