package dev.holdfast.batch.write;

/** What happens when two rows of one call have the same key. Without a declaration, databases pick one, fail, or do both. */
public enum Duplicates {
    /** The call is refused before anything is written. */
    REJECT,
    /** The first row is written, the others are {@link RowOutcome#SUPERSEDED}. */
    FIRST,
    /** The last row is written, the others are {@link RowOutcome#SUPERSEDED}. */
    LAST
}
