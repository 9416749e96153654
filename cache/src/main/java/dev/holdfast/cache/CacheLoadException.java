package dev.holdfast.cache;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/** Thrown to whoever asked for a key when its loader failed; nothing was cached. */
public class CacheLoadException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the cache, the key and what happened
     * @param cause what the loader threw, or null
     */
    public CacheLoadException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
