package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for a condition of a server instead of for a time. */
public final class Await {

    private static final Duration POLL = Duration.ofMillis(20);

    /** A question to a server; an exception counts as "not yet" and is reported when the time is up. */
    @FunctionalInterface
    public interface Condition {

        /**
         * Looks once.
         *
         * @return whether the condition holds
         * @throws Exception if the server could not be asked
         */
        boolean holds() throws Exception;
    }

    private Await() {}

    /**
     * Asks every 20 ms until the condition holds.
     *
     * @param what the condition in words, as in "gave up after 10 s waiting until {what}"
     * @param timeout the longest wait
     * @param condition the question
     * @throws ServerException if the time is up; its cause is what the last look threw
     */
    public static void until(String what, Duration timeout, Condition condition) {
        until(what, timeout, () -> "", condition);
    }

    /**
     * Asks every 20 ms until the condition holds.
     *
     * @param what the condition in words
     * @param timeout the longest wait
     * @param details added to the message when the time is up
     * @param condition the question
     * @throws ServerException if the time is up; its cause is what the last look threw
     */
    public static void until(String what, Duration timeout, Supplier<String> details, Condition condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            @Nullable Exception failure = null;
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (Aborted e) {
                throw e.reason;
            } catch (InterruptedException e) {
                throw interrupted(what);
            } catch (Exception e) {
                failure = e;
            }
            if (System.nanoTime() - deadline >= 0) {
                String reason = failure == null ? "" : ": " + failure;
                throw new ServerException(
                        "gave up after " + timeout.toMillis() + " ms waiting until " + what + reason + details.get(),
                        failure);
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                throw interrupted(what);
            }
        }
    }

    /** As {@link #until}, for what must not be left half done: an interruption is kept for the caller and ends nothing. */
    static void untilEvenIfInterrupted(String what, Duration timeout, Condition condition) {
        boolean interrupted = Thread.interrupted();
        try {
            long deadline = System.nanoTime() + timeout.toNanos();
            while (true) {
                try {
                    until(what, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())), condition);
                    return;
                } catch (ServerException e) {
                    if (!Thread.interrupted()) {
                        throw e;
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static ServerException interrupted(String what) {
        Thread.currentThread().interrupt();
        return new ServerException("interrupted while waiting until " + what);
    }

    /** Thrown by a condition that can never hold any more: ends the wait at once, with its own reason. */
    public static final class Aborted extends Exception {

        private static final long serialVersionUID = 1L;

        private final ServerException reason;

        /**
         * Creates the exception.
         *
         * @param reason what the waiting caller gets
         */
        public Aborted(ServerException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
