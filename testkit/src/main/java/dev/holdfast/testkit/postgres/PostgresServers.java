package dev.holdfast.testkit.postgres;

/**
 * Starts PostgreSQL servers for tests.
 *
 * <pre>{@code
 * try (PostgresServer postgres = PostgresServers.single();
 *         Connection connection = postgres.connection()) {
 *     postgres.pause();      // connections stay open, statements hang
 *     postgres.resume();
 *     postgres.kill();       // as kill -9 does
 *     postgres.start();      // on the same port, with what was committed
 * }
 * }</pre>
 *
 * <p>The source is chosen by {@link dev.holdfast.testkit.ServerSource}. Servers listen on 127.0.0.1 and never outlive this
 * JVM. Embedded ones run as root too, which PostgreSQL by itself refuses.
 */
public final class PostgresServers {

    private PostgresServers() {}

    /**
     * Starts one server, and waits until it accepts connections.
     *
     * @return the server; the caller closes it
     * @throws dev.holdfast.testkit.ServerException if it does not start; the message names the remedy or has its output
     */
    public static PostgresServer single() {
        return PostgresServer.builder().start();
    }

    /**
     * Starts a primary and a streaming replica, and waits until the replica follows.
     *
     * @return the pair; the caller closes it
     * @throws dev.holdfast.testkit.ServerException if one of them does not start; the message names the remedy or has its
     *     output
     */
    public static PostgresReplicated withReplica() {
        return PostgresServer.builder().startWithReplica();
    }
}
