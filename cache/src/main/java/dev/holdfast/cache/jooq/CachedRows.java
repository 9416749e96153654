package dev.holdfast.cache.jooq;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jooq.Configuration;
import org.jooq.DSLContext;
import org.jooq.DataType;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.TableRecord;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultDataType;
import org.jspecify.annotations.Nullable;

/**
 * The result of a query as a {@link QueryCache} keeps it: the tables it came from, and its values. Immutable.
 *
 * <p>Public because the settings of the cache behind a {@code QueryCache} name it; nothing else needs to be done with it.
 */
public final class CachedRows {
    private final Set<String> tags;
    private final String[] names;
    private final int[] types;
    private final int rows;
    private final @Nullable Object[] cells; // Row by row.

    private CachedRows(Set<String> tags, String[] names, int[] types, int rows, @Nullable Object[] cells) {
        this.tags = tags;
        this.names = names;
        this.types = types;
        this.rows = rows;
        this.cells = cells;
    }

    static CachedRows of(Set<String> tags, Result<?> result) {
        return of(tags, result, "");
    }

    static CachedRows nested(Result<?> result, String what) {
        return of(Set.of(), result, what + ", nested ");
    }

    /** One row of one number. */
    static CachedRows ofCount(Set<String> tags, int count) {
        int type = Cells.typeCode(DSL.count().getDataType());
        return new CachedRows(Set.copyOf(tags), new String[] {"count"}, new int[] {type}, 1, new Object[] {count});
    }

    private static CachedRows of(Set<String> tags, Result<?> result, String what) {
        Field<?>[] fields = result.fields();
        String[] names = new String[fields.length];
        int[] types = new int[fields.length];
        for (int c = 0; c < fields.length; c++) {
            names[c] = fields[c].getName();
            types[c] = Cells.typeCode(fields[c].getDataType());
        }
        @Nullable Object[] cells = new Object[fields.length * result.size()];
        int i = 0;
        for (Record row : result) {
            for (int c = 0; c < fields.length; c++) {
                cells[i++] = Cells.toDatabase(
                        fields[c].getDataType(), row.get(c), what + "column " + fields[c].getQualifiedName());
            }
        }
        return new CachedRows(Set.copyOf(tags), names, types, result.size(), cells);
    }

    Set<String> tags() {
        return tags;
    }

    /**
     * How many rows the result has.
     *
     * @return the number of rows
     */
    public int rowCount() {
        return rows;
    }

    /**
     * How many values it has, for a weigher: {@code maximumWeight(1_000_000, (key, rows) -> rows.weight())}.
     *
     * @return rows times columns, at least 1
     */
    public int weight() {
        return Math.max(1, cells.length);
    }

    int count() {
        return (Integer) Objects.requireNonNull(cells[0]);
    }

    /** As the query would have returned it, detached from the cache: every caller may change what it gets. */
    @SuppressWarnings("unchecked") // The record type is the query's own, or checked.
    <R extends Record> Result<R> toResult(
            Configuration configuration, List<? extends Field<?>> known, Class<? extends R> recordType) {
        DSLContext dsl = DSL.using(configuration);
        Field<?>[] fields = fields(known);
        if (TableRecord.class.isAssignableFrom(recordType)) {
            Table<R> table = tableOf(recordType);
            return toResult(dsl, fields).into(table);
        }
        return (Result<R>) toResult(dsl, fields);
    }

    private static <R extends Record> Table<R> tableOf(Class<? extends R> recordType) {
        try {
            @SuppressWarnings("unchecked") // A generated record knows the table whose records have its type.
            Table<R> table = (Table<R>)
                    ((TableRecord<?>) recordType.getDeclaredConstructor().newInstance()).getTable();
            return table;
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(
                    "records of " + recordType.getName()
                            + " cannot be made without a table: select columns, or generate it",
                    e);
        }
    }

    /** As a nested result of a column of that type. */
    Result<Record> toNested(DataType<?> type) {
        List<? extends Field<?>> known =
                type.getRow() == null ? List.of() : List.of(type.getRow().fields());
        return toResult(DSL.using(SQLDialect.DEFAULT), fields(known));
    }

    private Result<Record> toResult(DSLContext dsl, Field<?>[] fields) {
        Result<Record> result = dsl.newResult(fields);
        int i = 0;
        for (int r = 0; r < rows; r++) {
            @Nullable Object[] values = new Object[fields.length];
            for (int c = 0; c < fields.length; c++) {
                values[c] = Cells.fromDatabase(fields[c].getDataType(), cells[i++]);
            }
            Record row = dsl.newRecord(fields);
            row.fromArray(values);
            row.changed(false);
            result.add(row);
        }
        return result;
    }

    /** The query's own columns, which know converters; or, where the query does not know them, what the database said. */
    private Field<?>[] fields(List<? extends Field<?>> known) {
        boolean same = known.size() == names.length;
        for (int c = 0; same && c < names.length; c++) {
            same = known.get(c).getName().equals(names[c]);
        }
        if (same) {
            return known.toArray(Field<?>[]::new);
        }
        Field<?>[] fields = new Field<?>[names.length];
        for (int c = 0; c < names.length; c++) {
            try {
                fields[c] = DSL.field(
                        DSL.name(names[c]), DefaultDataType.getDataType(SQLDialect.DEFAULT, Cells.typeOf(types[c])));
            } catch (IOException e) {
                throw new IllegalStateException("codes of types are checked when they are read", e);
            }
        }
        return fields;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(tags.size());
        for (String tag : new TreeSet<>(tags)) {
            Cells.writeText(out, tag);
        }
        out.writeInt(names.length);
        for (int c = 0; c < names.length; c++) {
            Cells.writeText(out, names[c]);
            out.writeShort(types[c]);
        }
        out.writeInt(rows);
        for (Object cell : cells) {
            Cells.write(out, cell);
        }
    }

    static CachedRows read(DataInputStream in) throws IOException {
        List<String> tags = new ArrayList<>();
        for (int left = Cells.readLength(in); left > 0; left--) {
            tags.add(Cells.readText(in));
        }
        int width = Cells.readLength(in);
        String[] names = new String[width];
        int[] types = new int[width];
        for (int c = 0; c < width; c++) {
            names[c] = Cells.readText(in);
            types[c] = in.readUnsignedShort();
            Cells.typeOf(types[c]);
        }
        int rows = in.readInt();
        long size = (long) rows * width;
        if (rows < 0 || size > in.available()) { // Each value takes two bytes or more.
            throw new IOException(rows + " rows of " + width + " with " + in.available() + " bytes left");
        }
        @Nullable Object[] cells = new Object[(int) size];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = Cells.read(in);
        }
        return new CachedRows(Set.copyOf(tags), names, types, rows, cells);
    }

    @Override
    public String toString() {
        return rows + " rows of " + Arrays.toString(names) + " from " + new TreeSet<>(tags);
    }
}
