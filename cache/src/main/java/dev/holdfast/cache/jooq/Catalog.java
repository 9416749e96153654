package dev.holdfast.cache.jooq;

import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.SQLDialect;

/**
 * What a database says about itself: which of its tables are views, and in PostgreSQL also what they read, and what changes
 * together by foreign keys, partitions and inheritance.
 *
 * @param viewNames all views
 * @param views what each of them reads, where the database tells
 * @param cascades what else changes with a table
 */
record Catalog(
        Set<TableName> viewNames, Map<TableName, List<TableName>> views, Map<TableName, List<TableName>> cascades) {

    private static final String NOT_THE_SYSTEM = " NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

    private static final String VIEWS = "SELECT n.nspname, v.relname FROM pg_class v"
            + " JOIN pg_namespace n ON n.oid = v.relnamespace WHERE v.relkind IN ('v', 'm') AND n.nspname"
            + NOT_THE_SYSTEM;

    /** A view is a rule, and the rule depends on what the view reads. Materialized views change when they are refreshed. */
    private static final String VIEW_READS =
            "SELECT DISTINCT vn.nspname, v.relname, tn.nspname, t.relname FROM pg_rewrite r"
                    + " JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v' JOIN pg_namespace vn ON vn.oid = v.relnamespace"
                    + " JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass"
                    + " AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid"
                    + " JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace"
                    + " WHERE vn.nspname" + NOT_THE_SYSTEM;

    /** Views that depend on a function read what it reads, which nobody knows. */
    private static final String VIEWS_WITH_FUNCTIONS = "SELECT DISTINCT vn.nspname, v.relname FROM pg_rewrite r"
            + " JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v' JOIN pg_namespace vn ON vn.oid = v.relnamespace"
            + " JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass"
            + " AND d.refclassid = 'pg_proc'::regclass WHERE vn.nspname" + NOT_THE_SYSTEM;

    /** Actions that change the referencing rows: CASCADE, SET NULL, SET DEFAULT. */
    private static final String FOREIGN_KEYS =
            "SELECT pn.nspname, p.relname, cn.nspname, c.relname FROM pg_constraint k"
                    + " JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace"
                    + " JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace"
                    + " WHERE k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))";

    /** A partition's rows are its parent's. */
    private static final String PARENTS = "SELECT pn.nspname, p.relname, cn.nspname, c.relname FROM pg_inherits i"
            + " JOIN pg_class p ON p.oid = i.inhparent AND p.relkind IN ('r', 'p')"
            + " JOIN pg_namespace pn ON pn.oid = p.relnamespace"
            + " JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace";

    static Catalog read(DSLContext context) {
        return context.family() == SQLDialect.POSTGRES ? ofPostgres(context) : viewNamesOnly(context);
    }

    private static Catalog ofPostgres(DSLContext context) {
        Set<TableName> viewNames = new HashSet<>();
        context.fetch(VIEWS).forEach(row -> viewNames.add(name(row, 0)));
        Map<TableName, List<TableName>> views = new HashMap<>();
        context.fetch(VIEW_READS).forEach(row -> add(views, name(row, 0), name(row, 2)));
        context.fetch(VIEWS_WITH_FUNCTIONS).forEach(row -> views.remove(name(row, 0)));
        Map<TableName, List<TableName>> cascades = new HashMap<>();
        context.fetch(FOREIGN_KEYS).forEach(row -> add(cascades, name(row, 0), name(row, 2)));
        context.fetch(PARENTS).forEach(row -> {
            add(cascades, name(row, 0), name(row, 2));
            add(cascades, name(row, 2), name(row, 0));
        });
        return new Catalog(viewNames, views, cascades);
    }

    private static Catalog viewNamesOnly(DSLContext context) {
        Set<TableName> viewNames = new HashSet<>();
        context.connection(connection -> {
            DatabaseMetaData metadata = connection.getMetaData();
            try (ResultSet rows = metadata.getTables(null, null, "%", new String[] {"VIEW", "MATERIALIZED VIEW"})) {
                while (rows.next()) {
                    String schema = rows.getString("TABLE_SCHEM");
                    viewNames.add(TableName.of(
                            schema != null ? schema : rows.getString("TABLE_CAT"), rows.getString("TABLE_NAME")));
                }
            }
        });
        return new Catalog(viewNames, Map.of(), Map.of());
    }

    private static TableName name(Record row, int at) {
        return TableName.of(row.get(at, String.class), row.get(at + 1, String.class));
    }

    private static void add(Map<TableName, List<TableName>> map, TableName from, TableName to) {
        map.computeIfAbsent(from, key -> new ArrayList<>()).add(to);
    }
}
