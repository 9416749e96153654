package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.Table;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is written where: the fields of a row are the key columns, then those that are set, then those that only an insert sets.
 *
 * @param operation what is done
 * @param table where
 * @param keys columns that find the row
 * @param sets columns that get values
 * @param onInsert columns that only an insert of an upsert gives values
 * @param locks how rows are locked
 */
record Shape(
        Operation operation, Table table, List<Column> keys, List<Column> sets, List<Column> onInsert, Locks locks) {

    /** All columns, in the order of a row's fields. */
    List<Column> fields() {
        return Stream.of(keys, sets, onInsert).flatMap(List::stream).toList();
    }

    String quoted(Column column) {
        return table.database().quote(column.name());
    }

    /** Whether rows are given an order before they are written. */
    boolean ordered() {
        return locks == Locks.ORDERED && !keys.isEmpty();
    }

    /** Whether the database may call keys equal that Java tells apart. */
    boolean looseKeys() {
        return keys.stream().anyMatch(Column::loose);
    }

    /** Whether a row's identity changes, for which some databases lock more strongly. */
    boolean changesKeys() {
        Set<String> unique = table.uniqueKeys().stream().flatMap(List::stream).collect(Collectors.toSet());
        return operation == Operation.DELETE || sets.stream().anyMatch(column -> unique.contains(column.name()));
    }

    /** Columns of an insert, quoted. */
    String insertColumns() {
        return fields().stream().map(this::quoted).collect(Collectors.joining(", "));
    }

    /** {@code prefix0, prefix1, …} for the first fields. */
    static String names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).collect(Collectors.joining(", "));
    }
}
