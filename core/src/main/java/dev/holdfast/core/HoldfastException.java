package dev.holdfast.core;

import org.jspecify.annotations.Nullable;

/**
 * Root of everything that Holdfast throws on its own account.
 *
 * <p>Subclasses exist only where a caller acts differently. Messages never hold secrets: whatever enters one went
 * through {@link Secrets} before.
 */
public class HoldfastException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message what happened, with the numbers that explain it; free of secrets
     */
    public HoldfastException(String message) {
        super(message);
    }

    /**
     * Creates an exception with a cause.
     *
     * @param message what happened, with the numbers that explain it; free of secrets
     * @param cause what led to it, or null
     */
    public HoldfastException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Creates an exception that may go without a stack trace, for what is thrown in droves and tells its place by its
     * message.
     *
     * @param message what happened, with the numbers that explain it; free of secrets
     * @param cause what led to it, or null
     * @param traced whether to record the stack
     */
    protected HoldfastException(String message, @Nullable Throwable cause, boolean traced) {
        super(message, cause, true, traced);
    }
}
