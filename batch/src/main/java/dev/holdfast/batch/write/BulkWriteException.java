package dev.holdfast.batch.write;

import dev.holdfast.core.HoldfastException;
import org.jspecify.annotations.Nullable;

/** A call did not end as declared; {@link #result()} has what became of each row. */
public final class BulkWriteException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /** Kept out of serialized forms: it holds the caller's rows. */
    private final transient @Nullable BulkResult<?> result;

    BulkWriteException(String message, BulkResult<?> result, @Nullable Throwable cause) {
        super(message, cause);
        this.result = result;
    }

    /**
     * What became of each row.
     *
     * @return the result
     * @throws IllegalStateException if this exception was deserialized
     */
    public BulkResult<?> result() {
        if (result == null) {
            throw new IllegalStateException("the result stayed where the exception was thrown");
        }
        return result;
    }
}
