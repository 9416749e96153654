package dev.holdfast.batch.write.jooq;

import dev.holdfast.batch.write.BulkWriter;
import dev.holdfast.batch.write.BulkWriterBuilder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.UniqueKey;
import org.jspecify.annotations.Nullable;

/**
 * Declares writers by jOOQ's generated tables and fields: their names, and their converters to what the database has.
 *
 * <pre>{@code
 * BulkWriter<ProductRecord> prices = JooqRows.update(PRODUCT, PRODUCT.PRICE).build(dataSource);
 * prices.write(records);
 * }</pre>
 *
 * <p>The fields of a record are written whether they were changed or not, and the record's own flags stay as they are.
 */
public final class JooqRows {
    private JooqRows() {}

    /**
     * Declares an update of records, found by the table's primary key.
     *
     * @param table a generated table with a primary key
     * @param sets fields that get values
     * @param <R> type of the records
     * @return a builder, to which more may be said
     * @throws IllegalArgumentException if the table has no primary key
     */
    @SafeVarargs
    public static <R extends Record> BulkWriterBuilder<R> update(Table<R> table, TableField<R, ?>... sets) {
        return add(BulkWriter.update(name(table)), key(table), List.of(sets));
    }

    /**
     * Declares an insert of records with all their fields; those that the database is to fill by itself need a builder of
     * their own.
     *
     * @param table a generated table
     * @param fields fields that get values; all of the table if there are none
     * @param <R> type of the records
     * @return a builder, to which more may be said
     */
    @SafeVarargs
    public static <R extends Record> BulkWriterBuilder<R> insert(Table<R> table, TableField<R, ?>... fields) {
        Set<Field<?>> all = new LinkedHashSet<>(fields.length == 0 ? List.of(table.fields()) : List.of(fields));
        UniqueKey<R> primary = table.getPrimaryKey();
        List<TableField<R, ?>> key =
                primary == null || !all.containsAll(primary.getFields()) ? List.of() : List.copyOf(primary.getFields());
        key.forEach(all::remove);
        return add(BulkWriter.insert(name(table)), key, all);
    }

    /**
     * Declares an upsert of records by the table's primary key.
     *
     * @param table a generated table with a primary key
     * @param sets fields that get values
     * @param <R> type of the records
     * @return a builder, to which more may be said
     * @throws IllegalArgumentException if the table has no primary key
     */
    @SafeVarargs
    public static <R extends Record> BulkWriterBuilder<R> upsert(Table<R> table, TableField<R, ?>... sets) {
        return add(BulkWriter.upsert(name(table)), key(table), List.of(sets));
    }

    /**
     * Declares a delete of records by the table's primary key.
     *
     * @param table a generated table with a primary key
     * @param <R> type of the records
     * @return a builder, to which more may be said
     * @throws IllegalArgumentException if the table has no primary key
     */
    public static <R extends Record> BulkWriterBuilder<R> delete(Table<R> table) {
        return add(BulkWriter.delete(name(table)), key(table), List.of());
    }

    /**
     * The name of a table as a {@link BulkWriter} or {@code Keyset} takes it.
     *
     * @param table any table with a name
     * @return the name, quoted, with schema if it has one
     */
    public static String name(Table<?> table) {
        Name name = table.getQualifiedName();
        return java.util.Arrays.stream(name.parts())
                .map(Name::first)
                .map(part -> "\"" + String.valueOf(part).replace("\"", "\"\"") + "\"")
                .collect(Collectors.joining("."));
    }

    private static <R extends Record> List<TableField<R, ?>> key(Table<R> table) {
        UniqueKey<R> key = table.getPrimaryKey();
        if (key == null) {
            throw new IllegalArgumentException("table " + table.getName()
                    + " has no primary key in jOOQ's model: use BulkWriter and name the key");
        }
        return List.copyOf(key.getFields());
    }

    private static <R extends Record> BulkWriterBuilder<R> add(
            BulkWriterBuilder<R> builder, List<? extends Field<?>> keys, Iterable<? extends Field<?>> sets) {
        List<Field<?>> keyFields = new ArrayList<>(keys);
        keyFields.forEach(field -> builder.key(field.getName(), value(field)));
        sets.forEach(field -> builder.set(field.getName(), value(field)));
        return builder;
    }

    /** The value as the database has it: what a converter made of it is taken back. */
    private static <U> Function<Record, @Nullable Object> value(Field<U> field) {
        return record -> toDatabase(field.getConverter(), record.get(field));
    }

    private static <T, U> @Nullable Object toDatabase(org.jooq.Converter<T, U> converter, @Nullable U value) {
        return value == null ? null : converter.to(value);
    }
}
