package dev.holdfast.cache.jooq;

/** What to do about a statement that may change tables which cannot be seen: plain SQL, procedures. */
public enum UnknownTables {
    /** The statement is refused before it runs, with a message that says how to name its tables. */
    REJECT,
    /** The statement runs, and every result is invalidated after its commit. */
    CLEAR
}
