package dev.holdfast.batch.keyset;

import dev.holdfast.batch.sql.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is read, resolved against the database.
 *
 * @param database where it is
 * @param select the columns
 * @param from the table or query
 * @param where condition of the caller's, or empty
 * @param order columns of the order
 * @param unique whether the database guarantees that no two rows share a position
 */
record Source(Database database, String select, String from, String where, List<OrderColumn> order, boolean unique) {

    /** The part of the rows that one statement reads: those whose first order column is null, or those where it is not. */
    enum Part {
        NULLS,
        VALUES
    }

    List<OrderColumn> order(boolean backward) {
        return backward ? order.stream().map(OrderColumn::reversed).toList() : order;
    }

    /** The parts, in the order in which they are read. */
    List<Part> parts(boolean backward) {
        OrderColumn first = order(backward).get(0);
        if (!first.nullable()) {
            return List.of(Part.VALUES);
        }
        return first.nulls() == Nulls.FIRST ? List.of(Part.NULLS, Part.VALUES) : List.of(Part.VALUES, Part.NULLS);
    }

    String sql(Part part, String bound, boolean backward, int limit) {
        List<OrderColumn> columns = order(backward);
        List<String> conditions = new ArrayList<>();
        if (!where.isEmpty()) {
            conditions.add("(" + where + ")");
        }
        if (!bound.isEmpty()) {
            conditions.add(bound);
        } else if (columns.get(0).nullable()) {
            conditions.add(columns.get(0).sql() + (part == Part.NULLS ? " IS NULL" : " IS NOT NULL"));
        }
        List<String> terms = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            terms.addAll(term(columns.get(i), i > 0));
        }
        return "SELECT " + select + " FROM " + from
                + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions)) + " ORDER BY "
                + terms.stream().collect(Collectors.joining(", "))
                + (database == Database.OTHER ? " FETCH FIRST " + limit + " ROWS ONLY" : " LIMIT " + limit);
    }

    /** Nulls are told their place only where the database would put them elsewhere: an index has its habits. */
    private List<String> term(OrderColumn column, boolean nullsMatter) {
        String plain = column.sql() + (column.descending() ? " DESC" : "");
        boolean greatest = database == Database.POSTGRESQL;
        Nulls habit = greatest == column.descending() ? Nulls.FIRST : Nulls.LAST;
        if (!nullsMatter || !column.nullable() || habit == column.nulls()) {
            return List.of(plain);
        }
        return database.isMySqlLike() || database == Database.OTHER
                ? List.of(nullsAsNumber(column), plain)
                : List.of(plain + " NULLS " + column.nulls());
    }

    private static String nullsAsNumber(OrderColumn column) {
        return "CASE WHEN " + column.sql() + " IS NULL THEN "
                + (column.nulls() == Nulls.FIRST ? "0 ELSE 1" : "1 ELSE 0") + " END";
    }

    String countSql() {
        return "SELECT count(*) FROM " + from + (where.isEmpty() ? "" : " WHERE (" + where + ")");
    }
}
