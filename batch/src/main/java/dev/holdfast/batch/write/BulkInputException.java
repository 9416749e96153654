package dev.holdfast.batch.write;

import dev.holdfast.core.HoldfastException;

/** The rows cannot be written as they are: a null or mistyped value, two rows of one key. Nothing was written. */
public final class BulkInputException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    BulkInputException(String message) {
        super(message);
    }

    BulkInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
