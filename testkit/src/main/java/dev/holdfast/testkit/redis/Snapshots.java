package dev.holdfast.testkit.redis;

/** What becomes of a snapshot that a server has saved, and would load at its next start. */
interface Snapshots {

    /** Called before a start that must not bring old data back. */
    void forget();

    /** Called before a stop after which the data must come back, once. */
    void keep();
}
