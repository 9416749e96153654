package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;

/** Two rows stand at the same position, so that reading on from there could lose one of them; reading ended. */
public final class NonUniqueOrderException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    NonUniqueOrderException(String message) {
        super(message);
    }
}
