package dev.holdfast.batch.sql;

/** What kind of value a column holds, as far as the way there differs. */
public enum SqlKind {
    /** Whole numbers of any size. */
    INTEGER,
    /** Exact numbers with a fraction. */
    DECIMAL,
    /** Binary floating point. */
    FLOAT,
    /** True and false. */
    BOOLEAN,
    /** Characters, enums included. */
    TEXT,
    /** A UUID type of the database's own. */
    UUID,
    /** JSON, in text or binary form. */
    JSON,
    /** Bytes. */
    BINARY,
    /** A day. */
    DATE,
    /** A time of day. */
    TIME,
    /** Day and time without zone. */
    TIMESTAMP,
    /** An instant. */
    INSTANT,
    /** An array of another kind. */
    ARRAY,
    /** Anything else: goes as text and is parsed by the database. */
    OTHER
}
