package dev.holdfast.core.redis;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/** Thrown when Redis did not do what it was asked; its subclasses say whether the command may have been executed. */
public class RedisException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    private final boolean possiblyExecuted;

    /**
     * Creates the exception.
     *
     * @param message what happened, free of secrets
     * @param possiblyExecuted whether the server may have carried out the commands
     * @param cause what led to it, or null
     */
    public RedisException(String message, boolean possiblyExecuted, @Nullable Throwable cause) {
        super(message, cause);
        this.possiblyExecuted = possiblyExecuted;
    }

    /** As the other, but without a stack trace unless {@code traced}. */
    RedisException(String message, boolean possiblyExecuted, @Nullable Throwable cause, boolean traced) {
        super(message, cause, traced);
        this.possiblyExecuted = possiblyExecuted;
    }

    /**
     * Whether the server may have carried out the commands. They are never sent again by the link.
     *
     * @return false only if it is certain that nothing was executed
     */
    public final boolean possiblyExecuted() {
        return possiblyExecuted;
    }
}
