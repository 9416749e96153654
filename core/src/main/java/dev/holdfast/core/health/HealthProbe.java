package dev.holdfast.core.health;

/**
 * Looks at one thing and says how it is; implemented by every module and by users.
 *
 * <p>A probe runs on a scheduler's thread, never on a request, and never concurrently with itself. It may block, within
 * bounds of its own where it can; {@link #abort()} must make a blocked {@link #check()} return soon.
 */
public interface HealthProbe {
    /**
     * Stable name, unique within one application, such as {@code redis} or {@code cache.product}.
     *
     * @return lower-case letters, digits, dots and dashes
     */
    String name();

    /**
     * Looks once.
     *
     * @return what was found
     * @throws Exception if it could not look; counts as {@link Status#DOWN}
     */
    Reading check() throws Exception;

    /** Asks a running {@link #check()} to give up; called from another thread when its time is over. */
    default void abort() {}
}
