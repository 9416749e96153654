package dev.holdfast.cache.revocation;

import dev.holdfast.core.HoldfastException;

/**
 * Thrown when a revocation was not taken at all, since this node already holds as many as it may. The caller must keep it
 * and try again.
 */
public final class RevocationRefusedException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the list, its bound and what to do
     */
    public RevocationRefusedException(String message) {
        super(message);
    }
}
