package dev.holdfast.batch.keyset;

/** Where nulls stand in the order of a column, whatever the database's habit is. */
public enum Nulls {
    /** Before all values. */
    FIRST,
    /** After all values. */
    LAST
}
