package dev.holdfast.core;

/** How much a {@link Problem} matters. */
public enum Severity {
    /** Unsafe, contradictory or unparsable: production refuses to start with it. */
    ERROR,
    /** Works, but will hurt under load or failure. */
    WARNING,
    /** Worth knowing; nothing is wrong. */
    INFO
}
