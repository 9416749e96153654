package dev.holdfast.cache.jooq;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jooq.Configuration;
import org.jooq.DDLQuery;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteType;
import org.jooq.Query;
import org.jspecify.annotations.Nullable;

/**
 * What an executed statement changes.
 *
 * @param everything whether it may be anything
 * @param tables otherwise the tables
 */
record Change(boolean everything, Set<TableName> tables) {
    /** Under this key a configuration holds the names that an application gave to what its statements change. */
    static final Object NAMED = new Object();

    private static final Change EVERYTHING = new Change(true, Set.of());

    /** Null if it changes nothing. */
    static @Nullable Change of(ExecuteContext context, Rules rules) {
        List<String> statements = statements(context);
        if (context.type() != ExecuteType.ROUTINE
                && !statements.isEmpty()
                && statements.stream().allMatch(SqlWords::onlyReads)) {
            return null;
        }
        Set<TableName> tables = new LinkedHashSet<>();
        boolean named = context.configuration().data(NAMED) instanceof Collection<?> names && addAll(tables, names);
        List<Query> queries = queries(context);
        boolean unseen = queries.isEmpty();
        for (Query query : queries) {
            unseen |= isUnseen(query, context.configuration(), tables);
        }
        if (unseen && !named) {
            return unseen(context, statements, rules);
        }
        return tables.isEmpty() ? null : new Change(false, tables);
    }

    private static boolean addAll(Set<TableName> tables, Collection<?> names) {
        names.forEach(name -> tables.add((TableName) name));
        return true;
    }

    private static List<Query> queries(ExecuteContext context) {
        List<Query> queries = new ArrayList<>();
        for (Query query : context.batchQueries()) {
            if (query != null) {
                queries.add(query);
            }
        }
        Query single = context.query();
        if (queries.isEmpty() && single != null) {
            queries.add(single);
        }
        return queries;
    }

    private static List<String> statements(ExecuteContext context) {
        List<String> statements = new ArrayList<>();
        for (String sql : context.batchSQL()) {
            if (sql != null) {
                statements.add(sql);
            }
        }
        String sql = context.sql();
        if (statements.isEmpty() && sql != null) {
            statements.add(sql);
        }
        return statements;
    }

    private static boolean isUnseen(Query query, Configuration configuration, Set<TableName> tables) {
        TableScan scan = TableScan.of(query, configuration);
        tables.addAll(scan.changes());
        boolean seen = !scan.changes().isEmpty() || SqlWords.onlyReads(scan.sql()) || query instanceof org.jooq.Select;
        return scan.mayHideChange() || !seen && !isHarmless(query, scan.sql());
    }

    /** What creates something new, or changes what may be done, changes no result. */
    private static boolean isHarmless(Query query, String sql) {
        return query instanceof DDLQuery && createsOnly(sql);
    }

    private static boolean createsOnly(String sql) {
        List<String> words = SqlWords.of(sql);
        return !words.isEmpty()
                && words.get(0).equals("create")
                && !words.contains("replace")
                && !SqlWords.mayChange(sql);
    }

    private static @Nullable Change unseen(ExecuteContext context, List<String> statements, Rules rules) {
        if (!statements.isEmpty() && statements.stream().allMatch(Change::createsOnly)) {
            return null;
        }
        if (rules.unknownTables() == UnknownTables.CLEAR || statements.stream().allMatch(Change::definesOnly)) {
            return EVERYTHING;
        }
        String what = statements.isEmpty() ? String.valueOf(context.type()) : statements.get(0);
        throw new IllegalArgumentException("cannot see which tables this statement changes: "
                + (what.length() <= 200 ? what : what.substring(0, 200) + "…")
                + ": execute it with queryCache.changing(context, \"table\", ...), which names them (none, if it changes"
                + " none), or allow it with unknownTables(UnknownTables.CLEAR)");
    }

    /** Definitions are rare, and may change anything. */
    private static boolean definesOnly(String sql) {
        List<String> words = SqlWords.of(sql);
        return !words.isEmpty()
                && Set.of("alter", "drop", "create", "rename").contains(words.get(0))
                && !SqlWords.mayChange(sql);
    }
}
