package dev.holdfast.batch.jooq;

import dev.holdfast.batch.BatchCall;
import dev.holdfast.batch.BatchFunction;
import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchLoaderBuilder;
import dev.holdfast.batch.source.KeyChunks;
import dev.holdfast.batch.source.KeyedRows;
import dev.holdfast.batch.source.KeyedRows.Keyed;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.OrderField;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * A jOOQ table whose rows are loaded by a field: the shortest way to a {@link BatchLoader} with jOOQ.
 *
 * <pre>{@code
 * BatchLoader<Long, UserRecord> users = JooqTable.of(dsl, USERS).key(USERS.ID).one().build();
 * BatchLoader<Long, List<Item>> items =
 *         JooqTable.of(dsl, ITEMS).key(ITEMS.ORDER_ID).orderBy(ITEMS.LINE).many(Item.class).build();
 * }</pre>
 *
 * <p>On PostgreSQL a batch is one statement with one array, {@code = any (?)}, whatever the number of keys; elsewhere IN-lists of at
 * most 1,000 keys, padded to eleven sizes. In a scope whose context has a {@link DSLContext} or a {@link Connection}, that one is
 * used, which is how loads take part in a transaction. The time that a batch has left becomes the statement's timeout.
 *
 * <p>Immutable and thread-safe.
 *
 * @param <R> the record type
 * @param <K> the key type
 */
public final class JooqTable<R extends Record, K> {
    private final DSLContext dsl;
    private final Table<R> table;
    private final Field<K> key;
    private final List<OrderField<?>> order;

    private JooqTable(DSLContext dsl, Table<R> table, Field<K> key, List<OrderField<?>> order) {
        this.dsl = dsl;
        this.table = table;
        this.key = key;
        this.order = order;
    }

    /**
     * Names a table.
     *
     * @param dsl runs the statements outside transactions
     * @param table the table
     * @param <R> the record type
     * @return the table, whose key is to be named
     */
    public static <R extends Record> Unkeyed<R> of(DSLContext dsl, Table<R> table) {
        return new Unkeyed<>(Objects.requireNonNull(dsl, "dsl"), Objects.requireNonNull(table, "table"));
    }

    /**
     * A table whose key is to be named.
     *
     * @param <R> the record type
     */
    public static final class Unkeyed<R extends Record> {
        private final DSLContext dsl;
        private final Table<R> table;

        private Unkeyed(DSLContext dsl, Table<R> table) {
            this.dsl = dsl;
            this.table = table;
        }

        /**
         * Names the field by which rows are loaded.
         *
         * @param key a field of the table
         * @param <K> the key type
         * @return the table
         * @throws IllegalArgumentException if the table is known to have no such field
         */
        public <K> JooqTable<R, K> key(Field<K> key) {
            if (table.fields().length > 0 && table.field(key) == null) {
                throw new IllegalArgumentException(
                        "table " + table + " has no field " + key + ": it has " + List.of(table.fields()));
            }
            return new JooqTable<>(dsl, table, key, List.of());
        }
    }

    /**
     * Orders the rows of a key.
     *
     * @param fields fields, with or without a direction
     * @return a table that does
     */
    public JooqTable<R, K> orderBy(OrderField<?>... fields) {
        return new JooqTable<>(dsl, table, key, List.of(fields));
    }

    /**
     * A loader of the one record of a key. More than one fails that key.
     *
     * @return the loader's settings, with the table's and the field's name
     */
    public BatchLoaderBuilder<K, R> one() {
        return loader((keys, call) -> single(keys, call, row -> row));
    }

    /**
     * A loader of the one row of a key, mapped by jOOQ's record mapper. More than one fails that key.
     *
     * @param type a record or class as jOOQ maps to it
     * @param <V> the type
     * @return the loader's settings, with the table's and the field's name
     */
    public <V> BatchLoaderBuilder<K, V> one(Class<V> type) {
        Objects.requireNonNull(type, "type");
        return loader((keys, call) -> single(keys, call, row -> row.into(type)));
    }

    /**
     * A loader of all records of a key. A key without any has an empty list.
     *
     * @return the loader's settings, with the table's and the field's name
     */
    public BatchLoaderBuilder<K, List<R>> many() {
        return loader((keys, call) -> all(keys, call, row -> row));
    }

    /**
     * A loader of all rows of a key, mapped by jOOQ's record mapper. A key without rows has an empty list.
     *
     * @param type a record or class as jOOQ maps to it
     * @param <V> the type
     * @return the loader's settings, with the table's and the field's name
     */
    public <V> BatchLoaderBuilder<K, List<V>> many(Class<V> type) {
        Objects.requireNonNull(type, "type");
        return loader((keys, call) -> all(keys, call, row -> row.into(type)));
    }

    private interface Mapping<R, V> {
        V map(R row);
    }

    private <V> BatchLoaderBuilder<K, V> loader(BatchFunction<K, V> function) {
        String name = (table.getName() + "." + key.getName()).replaceAll("[^A-Za-z0-9._-]", "_");
        return BatchLoader.builder(name, function).keyType(key.getType());
    }

    private <V> Map<K, V> single(Set<K> keys, BatchCall<K> call, Mapping<R, V> mapping) throws Exception {
        Map<K, V> values = new HashMap<>(keys.size() * 2);
        read(keys, call).forEach((found, rows) -> {
            values.put(found, mapping.map(rows.get(0)));
            if (rows.size() > 1) {
                call.fail(
                        found,
                        new IllegalStateException("table " + table.getName() + " has " + rows.size() + " rows with "
                                + key.getName() + " = " + found + ": use many(…), or a field that is unique"));
            }
        });
        return values;
    }

    private <V> Map<K, List<V>> all(Set<K> keys, BatchCall<K> call, Mapping<R, V> mapping) throws Exception {
        Map<K, List<V>> values = new HashMap<>(keys.size() * 2);
        read(keys, call).forEach((found, rows) -> {
            List<V> mapped = new ArrayList<>(rows.size());
            rows.forEach(row -> mapped.add(mapping.map(row)));
            values.put(found, Collections.unmodifiableList(mapped));
        });
        for (K asked : keys) {
            values.putIfAbsent(asked, List.of());
        }
        return values;
    }

    private Map<K, List<R>> read(Set<K> keys, BatchCall<K> call) throws Exception {
        DSLContext bound = call.find(DSLContext.class)
                .or(() -> call.find(Connection.class)
                        .map(connection ->
                                dsl.configuration().derive(connection).dsl()))
                .orElse(dsl);
        // A record with fewer components than the table has fields is matched by name, not refused.
        DSLContext mapping = bound.configuration()
                .deriveSettings(settings -> settings.withMapRecordComponentParameterNames(true))
                .dsl();
        int timeout = (int)
                Math.min(Integer.MAX_VALUE, call.remaining().plusMillis(999).toSeconds());
        return KeyedRows.read(new ArrayList<>(keys), some -> rows(mapping, some, timeout));
    }

    private List<Keyed<K, R>> rows(DSLContext bound, List<K> keys, int timeout) {
        List<Keyed<K, R>> rows = new ArrayList<>(keys.size());
        if (bound.family() == SQLDialect.POSTGRES) {
            fetch(bound, key.eq(DSL.any(array(keys))), timeout, rows);
        } else {
            for (List<K> chunk : KeyChunks.of(keys)) {
                fetch(bound, key.in(chunk), timeout, rows);
            }
        }
        return rows;
    }

    private void fetch(DSLContext bound, Condition condition, int timeout, List<Keyed<K, R>> rows) {
        for (R row : bound.selectFrom(table)
                .where(condition)
                .orderBy(order)
                .queryTimeout(timeout)
                .fetch()) {
            rows.add(new Keyed<>(
                    Objects.requireNonNull(row.get(key), "a row was found by a key it does not have"), row));
        }
    }

    @SuppressWarnings("unchecked") // an array of the field's type, for a bind value of that type
    private Field<K[]> array(List<K> keys) {
        K[] array = keys.toArray((K[]) java.lang.reflect.Array.newInstance(key.getType(), 0));
        return DSL.val(array, key.getDataType().getArrayDataType());
    }
}
