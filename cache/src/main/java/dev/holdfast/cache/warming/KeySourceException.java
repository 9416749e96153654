package dev.holdfast.cache.warming;

import dev.holdfast.core.HoldfastException;

/** Carries a checked exception of a page of keys through a stream. */
final class KeySourceException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    KeySourceException(Throwable cause) {
        super("a page of keys could not be read: " + cause, cause);
    }
}
