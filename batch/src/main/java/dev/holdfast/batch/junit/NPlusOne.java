package dev.holdfast.batch.junit;

/** What {@link ExpectQueries} makes of N+1 queries. */
public enum NPlusOne {
    /** They fail the test, suspected ones too. */
    FORBID,
    /** Only those that are certain fail the test. */
    FORBID_CERTAIN,
    /** They are no failure. */
    ALLOW
}
