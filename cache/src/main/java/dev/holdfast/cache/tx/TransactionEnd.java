package dev.holdfast.cache.tx;

/**
 * What a framework tells when a transaction has ended: one of the two, once. Neither throws.
 *
 * <p>An outcome that nobody knows, such as a connection lost during the commit, counts as a commit: to invalidate what has not
 * changed costs a load, to keep what has changed is wrong.
 */
public interface TransactionEnd {
    /** The transaction is committed, or may be. */
    void afterCommit();

    /** The transaction is rolled back, for certain. */
    void afterRollback();
}
