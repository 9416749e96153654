package dev.holdfast.testkit.mariadb;

/**
 * Starts MariaDB servers for tests.
 *
 * <pre>{@code
 * try (MariaDbServer mariadb = MariaDbServers.single();
 *         Connection connection = mariadb.connection()) {
 *     mariadb.pause();      // connections stay open, statements hang
 *     mariadb.resume();
 *     mariadb.kill();       // as kill -9 does
 *     mariadb.start();      // on the same port, with what was committed
 * }
 * }</pre>
 *
 * <p>The source is chosen by {@link dev.holdfast.testkit.ServerSource}. Servers listen on 127.0.0.1 and never outlive this
 * JVM. Embedded ones run on Linux with x86-64, as root too.
 */
public final class MariaDbServers {

    private MariaDbServers() {}

    /**
     * Starts one server, and waits until it accepts connections.
     *
     * @return the server; the caller closes it
     * @throws dev.holdfast.testkit.ServerException if it does not start; the message names the remedy or has its output
     */
    public static MariaDbServer single() {
        return MariaDbServer.builder().start();
    }
}
