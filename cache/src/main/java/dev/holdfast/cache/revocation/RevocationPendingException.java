package dev.holdfast.cache.revocation;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown under {@link dev.holdfast.cache.OutagePolicy#THROW} when a revocation holds on this node but not yet in the fleet.
 * It is queued and sent as soon as Redis answers; there is no need to call again.
 */
public final class RevocationPendingException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the list and the number of revocations
     * @param cause why Redis was not reached
     */
    public RevocationPendingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
