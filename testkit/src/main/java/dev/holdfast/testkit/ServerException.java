package dev.holdfast.testkit;

import org.jspecify.annotations.Nullable;

/**
 * A test server could not be found, started, signalled or asked.
 *
 * <p>The message says what was attempted and, where there is one, ends with the last output of the server.
 */
public class ServerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what failed, and the remedy if one is known
     */
    public ServerException(String message) {
        super(message);
    }

    /**
     * Creates the exception.
     *
     * @param message what failed, and the remedy if one is known
     * @param cause the reason, or null
     */
    public ServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
