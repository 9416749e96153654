package dev.holdfast.batch.write;

/** In which order rows are locked. */
public enum Locks {
    /**
     * In the order of the key, before anything is changed: writers with overlapping rows wait for each other and never
     * deadlock among themselves. Costs a look at each row.
     */
    ORDERED,
    /**
     * As the database comes across them, which is faster; writers with overlapping rows may deadlock, and the loser is tried
     * again.
     */
    UNORDERED
}
