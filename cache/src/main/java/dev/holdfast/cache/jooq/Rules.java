package dev.holdfast.cache.jooq;

import dev.holdfast.cache.tx.AmbientTransactions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jooq.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link QueryCache} was told about the database; immutable.
 *
 * @param viewNames views by any name, whether declared or not
 * @param views what each view or table function reads
 * @param cascades what else changes with a table
 * @param unknownTables about statements whose tables cannot be seen
 * @param partition what, besides SQL and bind values, decides a result
 * @param maximumRows larger results are not cached
 * @param ambient transactions of a framework, if any
 */
record Rules(
        Set<TableName> viewNames,
        Map<TableName, List<TableName>> views,
        Map<TableName, List<TableName>> cascades,
        UnknownTables unknownTables,
        Function<? super Configuration, String> partition,
        int maximumRows,
        @Nullable AmbientTransactions ambient) {

    /** A value may have 64 tags and a table has two: results of more tables end with every change. */
    private static final int MOST_TABLES = 31;

    private static final String ANY_CHANGE = "t:**";

    boolean isView(TableName name) {
        return viewNames.stream().anyMatch(view -> view.mayBe(name));
    }

    boolean isDeclared(TableName view) {
        return views.keySet().stream().anyMatch(declared -> declared.mayBe(view));
    }

    Set<String> readTags(Collection<TableName> tables) {
        Set<TableName> all = closure(tables, views);
        if (all.size() > MOST_TABLES) {
            return Set.of(ANY_CHANGE);
        }
        Set<String> tags = new HashSet<>();
        all.forEach(table -> tags.addAll(table.readTags()));
        return tags;
    }

    Set<String> changeTags(Collection<TableName> tables) {
        Set<String> tags = new LinkedHashSet<>();
        tags.add(ANY_CHANGE);
        closure(tables, cascades).forEach(table -> tags.addAll(table.writeTags()));
        return tags;
    }

    private static Set<TableName> closure(Collection<TableName> tables, Map<TableName, List<TableName>> more) {
        Set<TableName> all = new LinkedHashSet<>(tables);
        if (more.isEmpty()) {
            return all;
        }
        Deque<TableName> open = new ArrayDeque<>(all);
        while (!open.isEmpty()) {
            TableName table = open.remove();
            List<TableName> found = new ArrayList<>();
            more.forEach((name, others) -> {
                if (name.mayBe(table)) {
                    found.addAll(others);
                }
            });
            for (TableName other : found) {
                if (all.add(other)) {
                    open.add(other);
                }
            }
        }
        return all;
    }
}
