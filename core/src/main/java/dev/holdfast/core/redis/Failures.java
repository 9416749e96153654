package dev.holdfast.core.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Tells what a failure from Lettuce means. Stateless. */
final class Failures {
    /** What became of an operation; names the metric's tag. */
    enum Kind {
        /** No answer within the deadline. */
        TIMEOUT,
        /** Not sent: the link was not up, or a queue was full. */
        REJECTED,
        /** The server answered an error. */
        ERROR,
        /** The connection broke before the answer. */
        CONNECTION,
        /** Code of the operation itself threw. */
        OPERATION
    }

    private Failures() {}

    static Throwable unwrap(Throwable failure) {
        Throwable t = failure;
        while ((t instanceof CompletionException || t instanceof ExecutionException) && t.getCause() != null) {
            t = t.getCause();
        }
        return t;
    }

    static Kind kind(Throwable failure) {
        if (failure instanceof RedisTimeoutException
                || failure instanceof io.lettuce.core.RedisCommandTimeoutException) {
            return Kind.TIMEOUT;
        }
        if (failure instanceof RedisUnavailableException || isRejection(failure)) {
            return Kind.REJECTED;
        }
        if (failure instanceof RedisCommandExecutionException) {
            return Kind.ERROR;
        }
        if (failure instanceof io.lettuce.core.RedisException
                || failure instanceof java.io.IOException
                || failure instanceof CancellationException) {
            return Kind.CONNECTION;
        }
        return Kind.OPERATION;
    }

    /** Whether Lettuce refused to send a command; it has no type for that. */
    private static boolean isRejection(Throwable failure) {
        String message = failure.getMessage();
        return failure instanceof io.lettuce.core.RedisException
                && message != null
                && (message.startsWith("Currently not connected")
                        || message.startsWith("Connection is closed")
                        || message.contains("Commands are not accepted"));
    }

    /**
     * Whether an error reply says that this server is no longer the one to talk to. Before Redis 7 a script's error
     * carries the inner one in its text.
     */
    static boolean isWrongServer(Throwable failure) {
        String message = failure.getMessage();
        return failure instanceof RedisCommandExecutionException
                && message != null
                && (message.contains("READONLY ")
                        || message.startsWith("MASTERDOWN")
                        || message.startsWith("LOADING")
                        || message.startsWith("NOAUTH"));
    }
}
