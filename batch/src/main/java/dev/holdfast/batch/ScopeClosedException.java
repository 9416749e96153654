package dev.holdfast.batch;

/** A scope was used after it was closed, or closed while a load waited for its value. */
public final class ScopeClosedException extends BatchException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message which scope, and what was asked of it
     */
    public ScopeClosedException(String message) {
        super(message, null);
    }

    @Override
    BatchException here() {
        return new ScopeClosedException(String.valueOf(getMessage()));
    }
}
