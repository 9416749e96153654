package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/**
 * A batch function threw, failed a key, or returned something that is not an answer to what it was asked.
 *
 * <p>The cause is what the function threw; there is none if it broke its contract.
 */
public final class BatchLoadException extends BatchException {
    private static final long serialVersionUID = 1L;

    private final String loader;

    /**
     * Creates an exception.
     *
     * @param loader the name of the loader
     * @param message what happened, with the keys that explain it
     * @param cause what the function threw, or null
     */
    public BatchLoadException(String loader, String message, @Nullable Throwable cause) {
        super("loader '" + loader + "': " + message, cause);
        this.loader = loader;
    }

    private BatchLoadException(BatchLoadException original) {
        super(String.valueOf(original.getMessage()), original.getCause());
        this.loader = original.loader;
    }

    @Override
    BatchException here() {
        return new BatchLoadException(this);
    }

    /**
     * The name of the loader.
     *
     * @return as it was given to the builder
     */
    public String loader() {
        return loader;
    }
}
