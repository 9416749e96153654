package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerSource;
import java.util.Optional;

/**
 * A kind of server that {@link Servers} can give to parameters; found by {@link java.util.ServiceLoader}.
 *
 * <p>Implementations need a public constructor without parameters and are called by one thread at a time.
 *
 * @param <T> the type of the parameters
 */
public interface ServerFixture<T extends AutoCloseable> {

    /** Gives a fixture the shared servers of other types to build on. */
    @FunctionalInterface
    interface Shared {

        /**
         * Returns the server that all tests share, started if need be.
         *
         * @param <S> its type
         * @param type its type
         * @return the server
         */
        <S extends AutoCloseable> S get(Class<S> type);
    }

    /**
     * Returns the type of the parameters that this fixture serves.
     *
     * @return the exact type
     */
    Class<T> type();

    /**
     * Starts a server.
     *
     * @param shared access to shared servers of other types
     * @return the server; closed by the caller
     */
    T start(Shared shared);

    /**
     * Brings a shared server back to what it was after its start, before each test that has it.
     *
     * @param server what {@link #start} returned
     */
    default void reset(T server) {}

    /**
     * Tells whether parameters without {@link Exclusive} share one server; if not, every test gets its own.
     *
     * @return true unless overridden
     */
    default boolean isShareable() {
        return true;
    }

    /**
     * Tells why a source cannot provide this.
     *
     * @param source the source chosen for this JVM
     * @return the reason for skipping a test, or empty
     */
    default Optional<String> unsupported(ServerSource source) {
        return Optional.empty();
    }
}
