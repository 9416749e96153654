package dev.holdfast.core.redis;

import org.jspecify.annotations.Nullable;

/**
 * Thrown at once, with nothing sent, while the link is not {@link LinkState#UP}, or its request queue is full.
 *
 * <p>It has no stack trace: while Redis is away every operation gets one, and recording stacks would then be most of the
 * work.
 */
public final class RedisUnavailableException extends RedisException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the state of the link and why
     * @param cause what brought it down, or null
     */
    public RedisUnavailableException(String message, @Nullable Throwable cause) {
        super(message, false, cause, false);
    }
}
