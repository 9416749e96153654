package dev.holdfast.core.health;

/** What a probe found, from best to worst. */
public enum Status {
    /** All is well. */
    UP,
    /** Works, with less speed, safety or freshness than it should; traffic still belongs here. */
    DEGRADED,
    /** Does not do its work. */
    DOWN,
    /** Nobody knows: not asked yet, or the server does not say. */
    UNKNOWN
}
