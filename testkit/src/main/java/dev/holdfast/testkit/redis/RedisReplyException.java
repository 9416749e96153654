package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;

/** Redis answered with an error. */
public class RedisReplyException extends ServerException {

    private static final long serialVersionUID = 1L;

    private final String code;

    RedisReplyException(String command, String error) {
        super(command + ": " + error);
        this.code = error.split(" ", 2)[0];
    }

    /**
     * Returns the first word of the error.
     *
     * @return for example {@code NOAUTH}, {@code MOVED} or {@code ERR}
     */
    public String code() {
        return code;
    }
}
