package dev.holdfast.cache;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown under {@link OutagePolicy#THROW} when an invalidation holds on this node but could not be announced to the others
 * yet; it stays in the journal and is announced as soon as Redis answers.
 */
public final class InvalidationPendingException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the cache and the number of keys
     * @param cause why Redis was not reached
     */
    public InvalidationPendingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
