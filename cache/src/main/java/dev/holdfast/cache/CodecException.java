package dev.holdfast.cache;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/** Thrown to the caller whose value or key could not be encoded; nothing was cached. */
public final class CodecException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the cache, the key and the codec
     * @param cause what the codec threw, or null
     */
    public CodecException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
