package dev.holdfast.batch.write;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Writers for rows that are maps from column to value, all with the same columns.
 *
 * <p>A row with a column more or less is refused with {@link BulkInputException} before anything is written: what an absent
 * value should mean for one row of a statement, nobody can tell.
 */
public final class MapRows {
    private MapRows() {}

    /**
     * Declares an update.
     *
     * @param table its name
     * @param keys columns that find the row
     * @param sets columns that get values
     * @return a builder, to which more may be said
     */
    public static BulkWriterBuilder<Map<String, Object>> update(String table, List<String> keys, List<String> sets) {
        return add(BulkWriter.update(table), keys, sets);
    }

    /**
     * Declares an insert.
     *
     * @param table its name
     * @param keys columns by which rows are ordered and told apart; may be empty
     * @param sets the other columns
     * @return a builder, to which more may be said
     */
    public static BulkWriterBuilder<Map<String, Object>> insert(String table, List<String> keys, List<String> sets) {
        return add(BulkWriter.insert(table), keys, sets);
    }

    /**
     * Declares an insert that updates rows that exist.
     *
     * @param table its name
     * @param keys columns of a unique index
     * @param sets columns that get values
     * @return a builder, to which more may be said
     */
    public static BulkWriterBuilder<Map<String, Object>> upsert(String table, List<String> keys, List<String> sets) {
        return add(BulkWriter.upsert(table), keys, sets);
    }

    /**
     * Declares a delete.
     *
     * @param table its name
     * @param keys columns that find the row
     * @return a builder, to which more may be said
     */
    public static BulkWriterBuilder<Map<String, Object>> delete(String table, List<String> keys) {
        return add(BulkWriter.delete(table), keys, List.of());
    }

    private static BulkWriterBuilder<Map<String, Object>> add(
            BulkWriterBuilder<Map<String, Object>> builder, List<String> keys, List<String> sets) {
        Set<String> columns = new TreeSet<>(keys);
        columns.addAll(sets);
        keys.forEach(column -> builder.key(column, value(column, columns)));
        sets.forEach(column -> builder.set(column, value(column, columns)));
        return builder;
    }

    private static Function<Map<String, Object>, Object> value(String column, Set<String> columns) {
        return row -> {
            if (row.size() != columns.size() || !row.containsKey(column)) {
                Set<String> missing = new TreeSet<>(columns);
                missing.removeAll(row.keySet());
                Set<String> foreign = new TreeSet<>(row.keySet());
                foreign.removeAll(columns);
                throw new BulkInputException("its columns are not those of the others: " + missing + " missing, "
                        + foreign + " too many; write rows of other columns by another writer");
            }
            return row.get(column);
        };
    }
}
