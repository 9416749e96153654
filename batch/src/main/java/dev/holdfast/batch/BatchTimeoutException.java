package dev.holdfast.batch;

import java.time.Duration;

/** A load did not end within the loader's {@link BatchLoaderBuilder#timeout timeout}. */
public final class BatchTimeoutException extends BatchException {
    private static final long serialVersionUID = 1L;

    private final String loader;
    private final Duration timeout;

    /**
     * Creates an exception.
     *
     * @param loader the name of the loader
     * @param timeout how long it was waited
     * @param detail what was waited for
     */
    public BatchTimeoutException(String loader, Duration timeout, String detail) {
        super("loader '" + loader + "': no answer within " + timeout.toMillis() + " ms: " + detail, null);
        this.loader = loader;
        this.timeout = timeout;
    }

    private BatchTimeoutException(BatchTimeoutException original) {
        super(String.valueOf(original.getMessage()), original);
        this.loader = original.loader;
        this.timeout = original.timeout;
    }

    @Override
    BatchException here() {
        return new BatchTimeoutException(this);
    }

    /**
     * The name of the loader.
     *
     * @return as it was given to the builder
     */
    public String loader() {
        return loader;
    }

    /**
     * How long it was waited.
     *
     * @return the loader's timeout
     */
    public Duration timeout() {
        return timeout;
    }
}
