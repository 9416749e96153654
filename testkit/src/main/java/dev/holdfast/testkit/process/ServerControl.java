package dev.holdfast.testkit.process;

/**
 * The power switch of one server, wherever it runs: a child process, a container, or somewhere else.
 *
 * <p>Implementations are thread-safe. A server that the testkit did not start refuses everything that breaks it with
 * {@link dev.holdfast.testkit.UnsupportedServerException}; ask {@link #isBreakable()} first.
 */
public interface ServerControl extends AutoCloseable {

    /** Starts the server and waits until it is ready; does nothing when it runs. */
    void start();

    /** Stops the server in an orderly way, resuming it first if it is paused; does nothing when it does not run. */
    void stop();

    /** Ends the server as {@code kill -9} does, with all its children; does nothing when it does not run. */
    void kill();

    /**
     * Freezes the server: it holds its connections and answers nothing. Does nothing when it is paused.
     *
     * @throws IllegalStateException if the server does not run
     */
    void pause();

    /** Lets a paused server go on; does nothing when it is not paused. */
    void resume();

    /**
     * Tells whether the server's process exists; a paused server runs.
     *
     * @return whether it runs
     */
    boolean isRunning();

    /**
     * Tells whether the server is paused.
     *
     * @return whether it is paused
     */
    boolean isPaused();

    /**
     * Tells whether this server may be stopped, killed and paused.
     *
     * @return false for a server that was there before the test
     */
    boolean isBreakable();

    /**
     * Returns the last lines the server printed, for error messages.
     *
     * @return the output, bounded; empty when unknown
     */
    String output();

    /** Ends the server for good and deletes what it stored. May be called twice. */
    @Override
    void close();
}
