package dev.holdfast.testkit;

import dev.holdfast.testkit.process.ServerControl;

/**
 * A server with an address, and the switch to break it.
 *
 * <p>Thread-safe. Host and port stay the same for the life of the object, over restarts too.
 */
public interface TestServer extends ServerControl {

    /**
     * Returns the host to connect to.
     *
     * @return a name or address, usually {@code 127.0.0.1}
     */
    String host();

    /**
     * Returns the port to connect to.
     *
     * @return the port
     */
    int port();
}
