package dev.holdfast.batch.write;

/** What became of a row. */
public enum RowOutcome {
    /** Updated, inserted or deleted; stored, or with a connection of the caller's, part of the caller's transaction. */
    WRITTEN,
    /** The statement went through and found nothing to change: no row has this key, or a trigger refused silently. */
    MISSED,
    /** The database refused this row; {@link BulkResult#failures()} has the cause. */
    FAILED,
    /** Left out in favour of another row with the same key, as {@link Duplicates} was declared. */
    SUPERSEDED,
    /** Not stored through no fault of its own: another row or the connection failed first. */
    NOT_WRITTEN,
    /** The connection failed during the commit: stored or not, and only the database knows. */
    UNKNOWN
}
