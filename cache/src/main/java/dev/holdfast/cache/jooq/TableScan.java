package dev.holdfast.cache.jooq;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jooq.Clause;
import org.jooq.CommonTableExpression;
import org.jooq.Configuration;
import org.jooq.DDLQuery;
import org.jooq.DMLQuery;
import org.jooq.Query;
import org.jooq.QueryPart;
import org.jooq.Routine;
import org.jooq.SQL;
import org.jooq.Select;
import org.jooq.Sequence;
import org.jooq.Table;
import org.jooq.VisitContext;
import org.jooq.VisitListener;
import org.jooq.impl.CustomCondition;
import org.jooq.impl.CustomField;
import org.jooq.impl.CustomQueryPart;
import org.jooq.impl.CustomTable;
import org.jooq.impl.DSL;
import org.jooq.impl.QOM;
import org.jooq.impl.TableImpl;

/**
 * What a statement reads and changes, found by watching jOOQ render it: every part it is made of passes by, also those that
 * jOOQ adds, such as the tables of implicit joins.
 *
 * <p>What cannot be seen is never passed over in silence: plain SQL that may hold tables, views, and parts of a kind unknown
 * here are {@link #hidden()}.
 */
final class TableScan {
    /** jOOQ's own kinds of tables whose content is rendered as parts, and so passes by. */
    private static final Set<String> TRANSPARENT = Set.of(
            "TableAlias",
            "AliasedSelect",
            "DerivedTable",
            "InlineDerivedTable",
            "Lateral",
            "Values",
            "ArrayOfValues",
            "ArrayTable",
            "ArrayTableEmulation",
            "StandardUnnest",
            "DialectArrayTable",
            "GenerateSeries",
            "Dual",
            "NoTable",
            "NoTableJoin",
            "NoAutoAlias",
            "HintedTable",
            "WithOrdinalityTable",
            "RowsFrom",
            "JSONTable",
            "XMLTable",
            "DataChangeDeltaTable");

    private static final Set<Clause> CHANGED = EnumSet.of(
            Clause.INSERT_INSERT_INTO,
            Clause.UPDATE_UPDATE,
            Clause.DELETE_DELETE,
            Clause.MERGE_MERGE_INTO,
            Clause.TRUNCATE_TRUNCATE,
            Clause.DROP_TABLE_TABLE,
            Clause.DROP_VIEW_TABLE,
            Clause.ALTER_TABLE_TABLE,
            Clause.ALTER_VIEW_VIEW,
            Clause.CREATE_TABLE_NAME,
            Clause.CREATE_VIEW_NAME);

    private static final Pattern PLAIN_NAME = Pattern.compile(
            "(?:[\\p{L}_][\\p{L}\\p{N}_$]*|\"[^\"]+\")(?:\\.(?:[\\p{L}_][\\p{L}\\p{N}_$]*|\"[^\"]+\"))*");

    private final Configuration configuration;
    private final Set<TableName> reads = new LinkedHashSet<>();
    private final Set<TableName> changes = new LinkedHashSet<>();
    private final Set<TableName> views = new LinkedHashSet<>();
    private final Set<String> hidden = new LinkedHashSet<>();
    private boolean mayHideChange;
    private boolean sequence;
    private String sql = "";

    private TableScan(Configuration configuration) {
        this.configuration = configuration;
    }

    /** Renders a statement as the configuration would. */
    static TableScan of(Query query, Configuration configuration) {
        TableScan scan = new TableScan(configuration);
        if (!isModel(query)) {
            scan.hidden.add("a statement in plain SQL");
            scan.mayHideChange = true;
        }
        scan.sql = DSL.using(configuration.deriveAppending(scan.new Watcher())).render(query);
        return scan;
    }

    private static boolean isModel(Query query) {
        return query instanceof Select
                || query instanceof DMLQuery
                || query instanceof DDLQuery
                || !isForeign(query)
                        && query.getClass().getSimpleName().endsWith("AsResultQuery"); // DML with RETURNING.
    }

    /** The statement with placeholders. */
    String sql() {
        return sql;
    }

    /** All tables in it, those that it changes too. */
    Set<TableName> reads() {
        return reads;
    }

    Set<TableName> changes() {
        return changes;
    }

    /** Those among the tables that are known to be views or table functions. */
    Set<TableName> views() {
        return views;
    }

    /** Descriptions of what may read tables that are not among {@link #reads}. */
    Set<String> hidden() {
        return hidden;
    }

    /** Whether it may change tables that are not among {@link #changes}. */
    boolean mayHideChange() {
        return mayHideChange;
    }

    /** Whether it takes a value from a sequence. */
    boolean usesSequence() {
        return sequence;
    }

    /** A piece of plain SQL being rendered: where it began, and what its arguments rendered. */
    private static final class Fragment {
        private final QueryPart part;
        private final int depth;
        private final StringBuilder text = new StringBuilder();
        private int from;

        Fragment(QueryPart part, int depth, int from) {
            this.part = part;
            this.depth = depth;
            this.from = from;
        }
    }

    /** A table being rendered; under an alias or on a path it renders the tables it stands for, and does not count itself. */
    private static final class Seen {
        private final TableImpl<?> table;
        private final int depth;
        private final Clause[] clauses;
        private boolean alias;

        Seen(TableImpl<?> table, int depth, Clause[] clauses) {
            this.table = table;
            this.depth = depth;
            this.clauses = clauses;
        }
    }

    private final class Watcher implements VisitListener {
        private final Deque<Fragment> fragments = new ArrayDeque<>();
        private final Deque<Seen> tables = new ArrayDeque<>();

        @Override
        public void visitStart(VisitContext context) {
            QueryPart part = context.queryPart();
            Fragment around = fragments.peek();
            if (around != null && context.queryPartsLength() == around.depth + 1) {
                around.text
                        .append(context.renderContext().render(), around.from, length(context))
                        .append(' ');
            }
            if (part instanceof SQL) {
                fragments.push(new Fragment(part, context.queryPartsLength(), length(context)));
            } else if (part instanceof TableImpl && !isForeignTable(part)) {
                if (!isQualifier(context.clauses())) {
                    tables.forEach(outer -> outer.alias = true);
                    tables.push(new Seen((TableImpl<?>) part, context.queryPartsLength(), context.clauses()));
                }
            } else if (part instanceof Table<?> table) {
                see(table, context.clauses());
            } else if (part instanceof Sequence) {
                sequence = true;
            } else if (part instanceof Routine
                    || part.getClass().getSimpleName().equals("RoutineField")) {
                hidden.add("the stored function " + describe(part));
            } else if (isForeign(part)
                    && (part instanceof CustomQueryPart
                            || part instanceof CustomField
                            || part instanceof CustomCondition)) {
                hidden.add("a custom part of " + part.getClass().getName());
            }
        }

        @Override
        public void visitEnd(VisitContext context) {
            Seen seen = tables.peek();
            if (seen != null && seen.table == context.queryPart() && seen.depth == context.queryPartsLength()) {
                tables.pop();
                if (!seen.alias) {
                    see(seen.table, seen.clauses);
                }
            }
            Fragment ended = fragments.peek();
            if (ended != null && ended.part == context.queryPart() && ended.depth == context.queryPartsLength()) {
                fragments.pop();
                ended.text.append(context.renderContext().render(), ended.from, length(context));
                see(ended.text.toString());
            }
            Fragment around = fragments.peek();
            if (around != null && context.queryPartsLength() == around.depth + 1) {
                around.from = length(context);
            }
        }

        private int length(VisitContext context) {
            return context.renderContext().render().length();
        }
    }

    private void see(String fragment) {
        if (SqlWords.mayRead(fragment)) {
            hidden.add("plain SQL '" + shortened(fragment) + "'");
        }
        if (SqlWords.mayChange(fragment)) {
            mayHideChange = true;
        }
    }

    private void see(Table<?> table, Clause[] clauses) {
        if (isQualifier(clauses)) {
            return;
        }
        boolean foreign = isForeign(table);
        if (table instanceof TableImpl) {
            TableName name = TableName.of(table, configuration);
            add(name, clauses);
            if (table.getTableType().isView() || table.getTableType().isFunction()) {
                views.add(name);
            }
            if (foreign && table instanceof CustomTable) {
                hidden.add("a custom table " + table.getClass().getName());
            }
        } else if (!foreign && table.getClass().getSimpleName().equals("SQLTable")) {
            if (PLAIN_NAME.matcher(table.getName()).matches()) {
                add(TableName.parse(table.getName()), clauses);
            } else {
                hidden.add("plain SQL '" + shortened(table.getName()) + "'");
                mayHideChange |= isChanged(clauses);
            }
        } else if (foreign
                || !(table instanceof QOM.JoinTable
                        || table instanceof CommonTableExpression
                        || TRANSPARENT.contains(table.getClass().getSimpleName()))) {
            hidden.add("a table of " + table.getClass().getName());
            mayHideChange |= isChanged(clauses);
        }
    }

    private void add(TableName name, Clause[] clauses) {
        reads.add(name);
        if (isChanged(clauses)) {
            changes.add(name);
        }
    }

    /** Whether a table only qualifies a column. */
    private static boolean isQualifier(Clause[] clauses) {
        return clauses.length > 0 && clauses[clauses.length - 1] == Clause.FIELD_REFERENCE;
    }

    /** A table of the application's that renders itself. */
    private static boolean isForeignTable(QueryPart part) {
        return part instanceof CustomTable;
    }

    private static boolean isChanged(Clause[] clauses) {
        for (Clause clause : clauses) {
            if (CHANGED.contains(clause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isForeign(QueryPart part) {
        return !part.getClass().getName().startsWith("org.jooq.impl.");
    }

    private static String describe(QueryPart part) {
        return part instanceof Routine<?> routine ? routine.getName() : shortened(part.toString());
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }
}
