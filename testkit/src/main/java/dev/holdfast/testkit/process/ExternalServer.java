package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;

/**
 * A server that was there before the test and stays after it: it counts as running, and refuses to be broken with an
 * {@link UnsupportedServerException}. Immutable.
 */
public final class ExternalServer implements ServerControl {

    private final String name;

    /**
     * Creates the switch that does nothing.
     *
     * @param name how messages call the server
     */
    public ExternalServer(String name) {
        this.name = name;
    }

    @Override
    public void start() {
        // It runs, or the first connection says that it does not.
    }

    @Override
    public void stop() {
        throw refusal("stopped");
    }

    @Override
    public void kill() {
        throw refusal("killed");
    }

    @Override
    public void pause() {
        throw refusal("paused");
    }

    @Override
    public void resume() {
        // It was never paused.
    }

    private UnsupportedServerException refusal(String what) {
        return new UnsupportedServerException(name + " is not " + what + ": it is not the testkit's, since "
                + ServerSource.PROPERTY + " is " + ServerSource.EXTERNAL);
    }

    @Override
    public boolean isRunning() {
        return true;
    }

    @Override
    public boolean isPaused() {
        return false;
    }

    @Override
    public boolean isBreakable() {
        return false;
    }

    @Override
    public String output() {
        return "";
    }

    @Override
    public void close() {
        // Whoever started it ends it.
    }
}
