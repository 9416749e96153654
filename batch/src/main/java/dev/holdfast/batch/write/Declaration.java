package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Catalog;
import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.Database;
import dev.holdfast.batch.sql.Table;
import dev.holdfast.core.Problem;
import dev.holdfast.core.Problems;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a {@link BulkWriterBuilder} has gathered, and how it becomes statements once the table is known. */
record Declaration<R>(
        String name,
        Operation operation,
        String table,
        List<Field<R>> keys,
        List<Field<R>> sets,
        List<Field<R>> onInsert,
        Locks locks,
        Transactions transactions,
        Duplicates duplicates,
        int chunkSize,
        int copyFrom,
        int timeoutSeconds,
        int retries,
        int maximumFailures,
        boolean ownConnections,
        @Nullable Consumer<? super BulkProgress> listener) {

    /** A column and the way to its value. */
    record Field<R>(String column, Function<? super R, ?> value) {
        Field {
            java.util.Objects.requireNonNull(column, "column");
            java.util.Objects.requireNonNull(value, "value");
        }
    }

    List<Function<? super R, ?>> getters() {
        List<Function<? super R, ?>> getters = new ArrayList<>();
        Stream.of(keys, sets, onInsert).flatMap(List::stream).forEach(field -> getters.add(field.value()));
        return getters;
    }

    /** What is wrong whatever the table is. */
    void check(Problems problems) {
        boolean insert = operation == Operation.INSERT;
        boolean delete = operation == Operation.DELETE;
        problems.require(
                insert || !keys.isEmpty(),
                "batch.write.key",
                "key",
                "",
                "no column finds the row",
                "name the columns of the key by key(column, value)");
        problems.require(
                delete || !sets.isEmpty() || insert && !keys.isEmpty(),
                "batch.write.set",
                "set",
                "",
                "no column gets a value",
                "name at least one by set(column, value)");
        problems.require(
                !delete || sets.isEmpty(),
                "batch.write.set",
                "set",
                names(sets),
                "a delete sets nothing",
                "take the columns out");
        problems.require(
                operation == Operation.UPSERT || onInsert.isEmpty(),
                "batch.write.onInsert",
                "onInsert",
                names(onInsert),
                "only an upsert has columns that only an insert sets",
                "use set(column, value)");
        Set<String> seen = new HashSet<>();
        // An update may move its own key, so that sets may repeat keys there.
        Stream.of(operation == Operation.UPDATE ? List.<Field<R>>of() : keys, sets, onInsert)
                .flatMap(List::stream)
                .map(field -> field.column().toLowerCase(Locale.ROOT))
                .filter(column -> !seen.add(column))
                .forEach(column -> problems.add(Problem.error(
                        "batch.write.column", "column", column, "is given twice", "name each column once")));
    }

    private static <R> String names(List<Field<R>> fields) {
        return fields.stream().map(Field::column).collect(Collectors.joining(", "));
    }

    BulkWriter.Resolved resolve(Connection connection) throws SQLException {
        Problems problems = Problems.of(name);
        Table found = Catalog.read(connection, table);
        if (found == null) {
            problems.add(Problem.error(
                    "batch.write.table",
                    "table",
                    table,
                    "there is no such table for this user",
                    "check the name, its schema and the rights of the user"));
            problems.orThrow();
            throw new IllegalStateException("unreachable: a problem was added");
        }
        Shape shape = new Shape(
                operation,
                found,
                columns(found, keys, problems),
                columns(found, sets, problems),
                columns(found, onInsert, problems),
                locks);
        if (!problems.hasErrors() && operation == Operation.UPSERT) {
            checkKey(found, shape, problems);
        }
        problems.orThrow();
        BulkSettings settings = new BulkSettings(
                name,
                transactions,
                duplicates,
                chunkSize,
                retries,
                maximumFailures,
                ownConnections,
                shape.looseKeys(),
                listener);
        return new BulkWriter.Resolved(settings, shape, statements(shape));
    }

    private List<Column> columns(Table found, List<Field<R>> fields, Problems problems) {
        List<Column> columns = new ArrayList<>();
        for (Field<R> field : fields) {
            Column column = found.find(field.column());
            if (column == null) {
                problems.add(Problem.error(
                        "batch.write.column",
                        "column",
                        field.column(),
                        "table " + table + " has no such column",
                        "use one of " + found.describeColumns()));
            } else {
                boolean onlyFinds = fields == keys && (operation == Operation.UPDATE || operation == Operation.DELETE);
                problems.require(
                        column.writable() || onlyFinds,
                        "batch.write.column",
                        "column",
                        field.column(),
                        "the database generates its values",
                        "take it out");
                columns.add(column);
            }
        }
        return columns;
    }

    private void checkKey(Table found, Shape shape, Problems problems) {
        List<String> key = shape.keys().stream().map(Column::name).toList();
        problems.require(
                found.database() != Database.OTHER,
                "batch.write.upsert",
                "table",
                table,
                "this database has no upsert that is known here",
                "use PostgreSQL, MariaDB, MySQL or H2, or update and insert what was missed");
        problems.require(
                found.hasKey(key),
                "batch.write.key",
                "key",
                String.join(", ", key),
                "no unique index of " + table + " has exactly these columns",
                "use one of " + found.describeKeys() + ", or create the index");
        if (found.database().isMySqlLike()) {
            Set<String> written = shape.fields().stream().map(Column::name).collect(Collectors.toSet());
            found.uniqueKeys().stream()
                    .filter(other ->
                            written.containsAll(other) && !Set.copyOf(other).equals(Set.copyOf(key)))
                    .forEach(other -> problems.add(Problem.error(
                            "batch.write.key",
                            "key",
                            String.join(", ", key),
                            "ON DUPLICATE KEY UPDATE would also update the row that is equal in ("
                                    + String.join(", ", other) + "), which may be another one",
                            "leave that column out, or update and insert what was missed")));
        }
    }

    private Statements statements(Shape shape) {
        return switch (shape.table().database()) {
            case POSTGRESQL -> new PostgresStatements(shape, copyFrom, timeoutSeconds);
            case MARIADB, MYSQL -> new MySqlStatements(shape, timeoutSeconds);
            case H2 -> new H2Statements(shape, timeoutSeconds);
            case OTHER -> new PortableStatements(shape, timeoutSeconds);
        };
    }
}
