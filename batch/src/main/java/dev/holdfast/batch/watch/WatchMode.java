package dev.holdfast.batch.watch;

/** How closely a {@link QueryWatch} looks, which is a matter of cost. */
public enum WatchMode {
    /**
     * Everything: the call site of each query, and whether its parameters came out of an earlier result. Costs some microseconds
     * per query and something per value read: for development and tests.
     */
    DEVELOPMENT,
    /**
     * Repeated queries by their text; call sites only of those that repeat within a scope. Cheap enough for production. An N+1 is
     * found one execution later and is never {@linkplain Certainty#CERTAIN certain}.
     */
    SAMPLED,
    /** Counts, slow and unbounded queries only. */
    COUNTING
}
