package dev.holdfast.batch;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/** Root of what a {@link BatchLoader} and a {@link BatchScope} throw when a value cannot be had. */
public class BatchException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message what happened, with the loader and the keys that explain it
     * @param cause what led to it, or null
     */
    public BatchException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The same failure, thrown here: each caller gets its own stack trace. */
    BatchException here() {
        return new BatchException(String.valueOf(getMessage()), getCause());
    }
}
