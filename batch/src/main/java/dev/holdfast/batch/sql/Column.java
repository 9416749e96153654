package dev.holdfast.batch.sql;

import org.jspecify.annotations.Nullable;

/**
 * A column as the database describes it.
 *
 * @param name spelled as the database has it
 * @param type as it stands in a cast, without length and precision: an explicit cast to {@code varchar(3)} would cut silently
 * @param kind how values get there
 * @param element kind of an array's elements; null for other kinds
 * @param nullable whether it may be null
 * @param writable whether values may be given for it
 * @param loose whether the database may call values equal that Java tells apart, as case-insensitive text
 * @param collation of text, null if there is none or it does not matter
 */
public record Column(
        String name,
        String type,
        SqlKind kind,
        @Nullable SqlKind element,
        boolean nullable,
        boolean writable,
        boolean loose,
        @Nullable String collation) {}
