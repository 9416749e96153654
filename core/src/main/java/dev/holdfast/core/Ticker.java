package dev.holdfast.core;

/**
 * A monotonic clock in nanoseconds, handed to whatever measures time so that tests can drive it.
 *
 * <p>Implementations are thread-safe. Values have no meaning but their differences, which may wrap: compare with
 * {@code a - b < 0}, never with {@code a < b}.
 */
@FunctionalInterface
public interface Ticker {
    /**
     * Reads the clock.
     *
     * @return nanoseconds since an arbitrary origin
     */
    long read();

    /**
     * The clock of this machine.
     *
     * @return {@link System#nanoTime()}
     */
    static Ticker system() {
        return SystemTicker.INSTANCE;
    }
}
