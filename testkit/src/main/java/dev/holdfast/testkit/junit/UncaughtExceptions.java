package dev.holdfast.testkit.junit;

import java.lang.Thread.UncaughtExceptionHandler;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Listens as the JVM's default handler, and passes on to the one before it. Thread-safe. */
final class UncaughtExceptions implements UncaughtExceptionHandler {

    /** An exception and where it happened. */
    private record Death(String thread, Throwable cause) {}

    private final Queue<Death> deaths = new ConcurrentLinkedQueue<>();
    private final @Nullable UncaughtExceptionHandler previous;
    private volatile boolean stopped;

    private UncaughtExceptions(@Nullable UncaughtExceptionHandler previous) {
        this.previous = previous;
    }

    static UncaughtExceptions listen() {
        UncaughtExceptions listener = new UncaughtExceptions(Thread.getDefaultUncaughtExceptionHandler());
        Thread.setDefaultUncaughtExceptionHandler(listener);
        return listener;
    }

    void stop() {
        stopped = true;
        if (Thread.getDefaultUncaughtExceptionHandler() == this) {
            Thread.setDefaultUncaughtExceptionHandler(previous);
        }
    }

    @Override
    public void uncaughtException(Thread thread, Throwable cause) {
        if (!stopped) {
            deaths.add(new Death(thread.getName(), cause));
        }
        if (previous != null) {
            previous.uncaughtException(thread, cause);
        }
    }

    /** Throws what has gathered, and forgets it. */
    void failIfAny(String message) {
        @Nullable AssertionError failure = null;
        for (Death death = deaths.poll(); death != null; death = deaths.poll()) {
            if (failure == null) {
                failure = new AssertionError(
                        message + ": " + death.cause() + " on thread '" + death.thread() + "'", death.cause());
            } else {
                failure.addSuppressed(death.cause());
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
