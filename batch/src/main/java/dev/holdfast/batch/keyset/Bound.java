package dev.holdfast.batch.keyset;

import dev.holdfast.batch.sql.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A condition for what comes after a position, with the values to bind, in their order.
 *
 * <p>The first column decides by a plain comparison, which an index can start from; what it leaves open, the others decide.
 * {@code (a, b) > (?, ?)} says all of it where the database walks an index by it and nulls and directions allow it.
 */
final class Bound {
    private final Database database;
    private final List<OrderColumn> order;
    private final List<@Nullable String> position;
    private final StringBuilder sql = new StringBuilder();
    private final List<Value> values = new ArrayList<>();

    /** A value that is bound, and the column it is compared with. */
    record Value(OrderColumn column, String text) {}

    private Bound(Database database, List<OrderColumn> order, List<@Nullable String> position) {
        this.database = database;
        this.order = order;
        this.position = position;
    }

    /**
     * Makes the condition.
     *
     * @param order the columns, in the direction of reading; nulls of the first are left to others
     * @param position their values at the last row read; that of the first decides whether nulls or values of it are read
     */
    static Bound after(Database database, List<OrderColumn> order, List<@Nullable String> position) {
        Bound bound = new Bound(database, order, position);
        OrderColumn first = order.get(0);
        String value = position.get(0);
        if (value == null) {
            bound.sql.append(first.sql()).append(" IS NULL");
            if (order.size() > 1) {
                bound.sql.append(" AND (");
                bound.rest(1);
                bound.sql.append(')');
            } else {
                bound.sql.append(" AND 1 = 0");
            }
        } else if (order.size() == 1) {
            bound.compare(first, first.after(), value);
        } else if (bound.asRow()) {
            bound.row();
        } else {
            bound.compare(first, first.after().stripTrailing() + "= ", value);
            bound.sql.append(" AND (");
            bound.compare(first, first.after(), value);
            bound.sql.append(" OR (");
            bound.compare(first, " = ", value);
            bound.sql.append(" AND (");
            bound.rest(1);
            bound.sql.append(")))");
        }
        return bound;
    }

    /** Only PostgreSQL walks an index by a comparison of rows. */
    private boolean asRow() {
        boolean descending = order.get(0).descending();
        return database == Database.POSTGRESQL
                && order.stream().allMatch(column -> column.descending() == descending)
                && order.stream().skip(1).noneMatch(OrderColumn::nullable);
    }

    private void row() {
        sql.append(order.stream().map(OrderColumn::sql).collect(Collectors.joining(", ", "(", ")")))
                .append(order.get(0).after())
                .append('(');
        for (int i = 0; i < order.size(); i++) {
            sql.append(i == 0 ? "" : ", ");
            bind(order.get(i), java.util.Objects.requireNonNull(position.get(i)));
        }
        sql.append(')');
    }

    /** What comes after by the columns from this one on, those before being equal. */
    private void rest(int from) {
        OrderColumn column = order.get(from);
        String value = position.get(from);
        boolean last = from == order.size() - 1;
        if (value == null) {
            sql.append(column.nulls() == Nulls.FIRST ? column.sql() + " IS NOT NULL" : "1 = 0");
        } else {
            compare(column, column.after(), value);
            if (column.nullable() && column.nulls() == Nulls.LAST) {
                sql.append(" OR ").append(column.sql()).append(" IS NULL");
            }
        }
        if (!last) {
            sql.append(" OR (");
            if (value == null) {
                sql.append(column.sql()).append(" IS NULL");
            } else {
                compare(column, " = ", value);
            }
            sql.append(" AND (");
            rest(from + 1);
            sql.append("))");
        }
    }

    private void compare(OrderColumn column, String operator, String value) {
        sql.append(column.sql()).append(operator);
        bind(column, value);
    }

    private void bind(OrderColumn column, String value) {
        sql.append(database == Database.POSTGRESQL ? "?::" + column.type() : "?");
        values.add(new Value(column, value));
    }

    String sql() {
        return sql.toString();
    }

    List<Value> values() {
        return values;
    }
}
