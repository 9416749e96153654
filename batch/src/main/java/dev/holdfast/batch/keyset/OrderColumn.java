package dev.holdfast.batch.keyset;

import dev.holdfast.batch.sql.SqlKind;

/**
 * A column of the order, as the database knows it.
 *
 * @param name as the result has it
 * @param sql as it stands in SQL
 * @param type as it stands in a cast
 * @param kind how values are read and bound
 * @param nullable whether nulls have to be expected
 * @param descending whether greater values come first
 * @param nulls where nulls come
 */
record OrderColumn(
        String name, String sql, String type, SqlKind kind, boolean nullable, boolean descending, Nulls nulls) {

    /** The same the other way round. */
    OrderColumn reversed() {
        return new OrderColumn(
                name, sql, type, kind, nullable, !descending, nulls == Nulls.FIRST ? Nulls.LAST : Nulls.FIRST);
    }

    /** The comparison that leads on from a value. */
    String after() {
        return descending ? " < " : " > ";
    }
}
