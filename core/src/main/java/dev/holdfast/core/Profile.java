package dev.holdfast.core;

/** Where the application runs, which decides what a {@link Problem} does. */
public enum Profile {
    /** Errors are logged as warnings, so that a laptop without production settings still starts. */
    DEVELOPMENT,
    /** Errors stop the start, all of them in one exception. */
    PRODUCTION
}
