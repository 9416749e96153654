package dev.holdfast.batch.sql;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table as the database describes it.
 *
 * @param database where it is
 * @param given the name its user gave
 * @param sql the name as it stands in SQL
 * @param columns in their order, by name
 * @param uniqueKeys columns of each unique index that covers all rows, the primary key among them; spelled as the columns are
 * @param copies whether COPY may fill it: a plain table without row level security, in PostgreSQL
 */
public record Table(
        Database database,
        String given,
        String sql,
        Map<String, Column> columns,
        List<List<String>> uniqueKeys,
        boolean copies) {

    /** Copies what it is given. */
    public Table {
        columns = new LinkedHashMap<>(columns);
        uniqueKeys = uniqueKeys.stream().map(List::copyOf).toList();
    }

    /**
     * Finds a column by exact name, else by the only one that differs in case.
     *
     * @param name as its user writes it
     * @return the column, or null
     */
    public @Nullable Column find(String name) {
        Column exact = columns.get(name);
        if (exact != null) {
            return exact;
        }
        List<Column> like = columns.values().stream()
                .filter(column -> column.name().equalsIgnoreCase(name))
                .toList();
        return like.size() == 1 ? like.get(0) : null;
    }

    /**
     * Whether no two rows can have the same values, nulls included, in these columns.
     *
     * @param names columns, spelled as the database has them
     * @return true if a unique key of columns that are never null is among them
     */
    public boolean isUnique(Collection<String> names) {
        return uniqueKeys.stream().anyMatch(key -> names.containsAll(key) && neverNull(key));
    }

    private boolean neverNull(List<String> key) {
        return key.stream().map(columns::get).allMatch(column -> column != null && !column.nullable());
    }

    /**
     * Whether a unique key consists of exactly these columns.
     *
     * @param names columns, spelled as the database has them
     * @return true if there is one
     */
    public boolean hasKey(Collection<String> names) {
        return uniqueKeys.stream().anyMatch(key -> Set.copyOf(key).equals(Set.copyOf(names)));
    }

    /**
     * The unique keys, for messages.
     *
     * @return such as {@code (id), (tenant, email)}, or {@code none}
     */
    public String describeKeys() {
        return uniqueKeys.isEmpty()
                ? "none"
                : uniqueKeys.stream()
                        .map(key -> "(" + String.join(", ", key) + ")")
                        .distinct()
                        .collect(Collectors.joining(", "));
    }

    /**
     * The columns, for messages.
     *
     * @return their names, at most 30 of them
     */
    public String describeColumns() {
        String names = columns.keySet().stream().limit(30).collect(Collectors.joining(", "));
        return columns.size() > 30 ? names + String.format(Locale.ROOT, " and %d more", columns.size() - 30) : names;
    }
}
