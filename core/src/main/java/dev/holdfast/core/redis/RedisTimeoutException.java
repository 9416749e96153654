package dev.holdfast.core.redis;

/** Thrown when an operation reached its deadline; its commands count as possibly executed. */
public final class RedisTimeoutException extends RedisException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the deadline and the state of the link
     */
    public RedisTimeoutException(String message) {
        super(message, true, null);
    }
}
