package dev.holdfast.batch.jdbc;

import dev.holdfast.batch.BatchCall;
import dev.holdfast.batch.BatchFunction;
import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchLoaderBuilder;
import dev.holdfast.batch.source.KeyedRows;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * A table whose rows are loaded by a column: the shortest way to a {@link BatchLoader} with plain JDBC.
 *
 * <pre>{@code
 * BatchLoader<Long, User> users = JdbcTable.of(dataSource, "users").key("id", Long.class).one(User.class).build();
 * BatchLoader<Long, List<Item>> items =
 *         JdbcTable.of(dataSource, "items").key("order_id", Long.class).orderBy("line").many(Item.class).build();
 * }</pre>
 *
 * <p>On PostgreSQL a batch is one statement with one array, {@code = ANY (?)}, whatever the number of keys; elsewhere IN-lists of at
 * most 1,000 keys, padded to eleven sizes. In a scope whose context has a {@link Connection}, that one is used and left open;
 * otherwise one of the data source, for each batch. The time that a batch has left becomes the statement's timeout.
 *
 * <p>Names are taken as the database has them, whatever their case, and looked up in its metadata when the first batch is loaded.
 * Immutable and thread-safe.
 *
 * @param <K> the key type
 */
public final class JdbcTable<K> {
    private static final Pattern TABLE = Pattern.compile("[^\\s.\"'`;]+(\\.[^\\s.\"'`;]+)?");

    private final DataSource dataSource;
    private final String table;
    private final String keyColumn;
    private final Class<K> keyType;
    private final List<String> order;

    private JdbcTable(DataSource dataSource, String table, String keyColumn, Class<K> keyType, List<String> order) {
        this.dataSource = dataSource;
        this.table = table;
        this.keyColumn = keyColumn;
        this.keyType = keyType;
        this.order = order;
    }

    /**
     * Names a table.
     *
     * @param dataSource where to get connections outside transactions
     * @param table its name, with its schema before a dot if it is not found otherwise
     * @return the table, whose key is to be named
     * @throws IllegalArgumentException if this is not a name
     */
    public static Unkeyed of(DataSource dataSource, String table) {
        Objects.requireNonNull(dataSource, "dataSource");
        if (!TABLE.matcher(table).matches()) {
            throw new IllegalArgumentException(
                    "table '" + table + "' is not a name: use a table or view, or schema.table, without quotes");
        }
        return new Unkeyed(dataSource, table);
    }

    /** A table whose key is to be named. */
    public static final class Unkeyed {
        private final DataSource dataSource;
        private final String table;

        private Unkeyed(DataSource dataSource, String table) {
            this.dataSource = dataSource;
            this.table = table;
        }

        /**
         * Names the column by which rows are loaded.
         *
         * @param column its name
         * @param type as what type the keys are asked for: a number, text, {@code UUID}, a date or time of {@code java.time}
         * @param <K> the key type
         * @return the table
         * @throws IllegalArgumentException if keys of that type cannot be read
         */
        public <K> JdbcTable<K> key(String column, Class<K> type) {
            if (type.isPrimitive() || !ColumnValues.readable(type)) {
                throw new IllegalArgumentException("key type " + type.getName() + " of column '" + column
                        + "' cannot be read: use " + ColumnValues.types());
            }
            return new JdbcTable<>(dataSource, table, Objects.requireNonNull(column, "column"), type, List.of());
        }
    }

    /**
     * Orders the rows of a key.
     *
     * @param columns their names; {@code "line desc"} for the other direction
     * @return a table that does
     */
    public JdbcTable<K> orderBy(String... columns) {
        return new JdbcTable<>(dataSource, table, keyColumn, keyType, List.of(columns));
    }

    /**
     * A loader of the one row of a key, as a record: its components are the columns of the same names, whatever the case and
     * underscores. More than one row for a key fails that key.
     *
     * @param type a record
     * @param <V> the type
     * @return the loader's settings, with the table's and the column's name
     * @throws IllegalArgumentException if it is not a record, or one of its components has a type that cannot be read
     */
    public <V> BatchLoaderBuilder<K, V> one(Class<V> type) {
        return loader(single(new KeyStatement<>(table, keyColumn, keyType, order, new RecordMapper<>(type))));
    }

    /**
     * A loader of the one row of a key. More than one row for a key fails that key.
     *
     * @param mapper makes a value of a row
     * @param <V> the type of the value
     * @return the loader's settings, with the table's and the column's name
     */
    public <V> BatchLoaderBuilder<K, V> one(RowMapper<V> mapper) {
        return loader(single(new KeyStatement<>(table, keyColumn, keyType, order, new AllColumns<>(mapper))));
    }

    /**
     * A loader of all rows of a key, as records; see {@link #one(Class)}. A key without rows has an empty list.
     *
     * @param type a record
     * @param <V> the type
     * @return the loader's settings, with the table's and the column's name
     * @throws IllegalArgumentException if it is not a record, or one of its components has a type that cannot be read
     */
    public <V> BatchLoaderBuilder<K, List<V>> many(Class<V> type) {
        return loader(all(new KeyStatement<>(table, keyColumn, keyType, order, new RecordMapper<>(type))));
    }

    /**
     * A loader of all rows of a key. A key without rows has an empty list.
     *
     * @param mapper makes a value of a row
     * @param <V> the type of the value
     * @return the loader's settings, with the table's and the column's name
     */
    public <V> BatchLoaderBuilder<K, List<V>> many(RowMapper<V> mapper) {
        return loader(all(new KeyStatement<>(table, keyColumn, keyType, order, new AllColumns<>(mapper))));
    }

    private <V> BatchLoaderBuilder<K, V> loader(BatchFunction<K, V> function) {
        String name = (table + "." + keyColumn).replaceAll("[^A-Za-z0-9._-]", "_");
        return BatchLoader.builder(name, function).keyType(keyType);
    }

    private <V> BatchFunction<K, V> single(KeyStatement<K, V> statement) {
        return (keys, call) -> {
            Map<K, V> values = new HashMap<>(keys.size() * 2);
            read(statement, keys, call).forEach((key, rows) -> {
                values.put(key, rows.get(0));
                if (rows.size() > 1) {
                    call.fail(
                            key,
                            new IllegalStateException("table " + table + " has " + rows.size() + " rows with "
                                    + keyColumn + " = " + key + ": use many(…), or a column that is unique"));
                }
            });
            return values;
        };
    }

    private <V> BatchFunction<K, List<V>> all(KeyStatement<K, V> statement) {
        return (keys, call) -> {
            Map<K, List<V>> values = new HashMap<>(keys.size() * 2);
            read(statement, keys, call).forEach((key, rows) -> values.put(key, Collections.unmodifiableList(rows)));
            for (K key : keys) {
                values.putIfAbsent(key, List.of());
            }
            return values;
        };
    }

    private <V> Map<K, List<V>> read(KeyStatement<K, V> statement, Set<K> keys, BatchCall<K> call) throws Exception {
        Connection bound = call.find(Connection.class).orElse(null);
        if (bound != null) {
            return KeyedRows.read(new ArrayList<>(keys), some -> statement.rows(bound, some, call.remaining()));
        }
        try (Connection connection = dataSource.getConnection()) {
            return KeyedRows.read(new ArrayList<>(keys), some -> statement.rows(connection, some, call.remaining()));
        }
    }
}
