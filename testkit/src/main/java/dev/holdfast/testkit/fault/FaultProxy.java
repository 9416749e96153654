package dev.holdfast.testkit.fault;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.TestServer;
import dev.holdfast.testkit.process.Ports;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A TCP proxy in front of a server that breaks the network on demand.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(redis)) {
 *     client.connect(proxy.host(), proxy.port());
 *     proxy.latency(Duration.ofMillis(50));
 *     proxy.cut();        // connections stay open, nothing gets through
 *     proxy.heal();       // what was under way arrives now
 * }
 * }</pre>
 *
 * <p>Each fault is in force for every byte when its method returns, and stays until {@link #heal()}; faults add up. Bytes are
 * never lost, doubled or put in another order, except by {@link #swallowRepliesUntilReset()}, after which a connection can
 * only be reset, and by resets that were asked for. A reset by client or server takes the way of the bytes before it, and
 * does not overtake them. TLS passes through unopened.
 *
 * <p>Per proxy there is one thread, and per connection and direction at most 1 MiB under way; beyond that the sender is made
 * to wait, as by any slow network. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {

    private static final int PORT_ATTEMPTS = 5;

    private final ProxyLoop loop;
    private final String host;
    private final int port;
    private final String target;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FaultProxy(ProxyLoop loop, InetSocketAddress address, String target) {
        this.loop = loop;
        this.host = address.getHostString();
        this.port = address.getPort();
        this.target = target;
    }

    /**
     * Starts a proxy in front of a server.
     *
     * @param server the server; it need not run yet
     * @return the proxy, without faults; the caller closes it
     */
    public static FaultProxy to(TestServer server) {
        return to(server.host(), server.port());
    }

    /**
     * Starts a proxy in front of a server.
     *
     * @param host the server's host
     * @param port the server's port
     * @return the proxy, without faults; the caller closes it
     * @throws ServerException if it cannot listen
     */
    public static FaultProxy to(String host, int port) {
        InetSocketAddress server = new InetSocketAddress(host, port);
        if (server.isUnresolved()) {
            throw new ServerException("unknown host " + host);
        }
        for (int attempt = 1; ; attempt++) {
            int own = Ports.take();
            try {
                InetSocketAddress address =
                        new InetSocketAddress(InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1}), own);
                ProxyLoop loop = new ProxyLoop(address, server);
                loop.start();
                return new FaultProxy(loop, address, host + ":" + port);
            } catch (BindException e) {
                if (attempt == PORT_ATTEMPTS) {
                    throw new ServerException("cannot listen on port " + own, e);
                }
            } catch (IOException e) {
                throw new ServerException("cannot start a proxy for " + host + ":" + port, e);
            }
        }
    }

    /**
     * Returns the host clients connect to.
     *
     * @return {@code 127.0.0.1}
     */
    public String host() {
        return host;
    }

    /**
     * Returns the port clients connect to.
     *
     * @return the port, the same until {@link #close()}
     */
    public int port() {
        return port;
    }

    /**
     * Delays every byte by the same time in each direction, so that a round trip takes twice as much longer.
     *
     * @param oneWay the delay; zero takes it away
     * @return this proxy
     */
    public FaultProxy latency(Duration oneWay) {
        return latency(oneWay, oneWay);
    }

    /**
     * Delays every byte.
     *
     * @param toServer the delay on the way to the server
     * @param toClient the delay on the way to the client
     * @return this proxy
     * @throws IllegalArgumentException if one is negative
     */
    public FaultProxy latency(Duration toServer, Duration toClient) {
        if (toServer.isNegative() || toClient.isNegative()) {
            throw new IllegalArgumentException("latency must not be negative: " + toServer + ", " + toClient);
        }
        loop.change(faults -> faults.withDelay(toServer.toNanos(), toClient.toNanos()));
        return this;
    }

    /**
     * Limits the bytes per second, for each direction, over all connections together, which take turns.
     *
     * @param bytesPerSecond the limit, at least 1
     * @return this proxy
     * @throws IllegalArgumentException if it is less
     */
    public FaultProxy bandwidth(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bandwidth must be at least 1 byte/s: " + bytesPerSecond);
        }
        loop.change(faults -> faults.withBytesPerSecond(bytesPerSecond));
        return this;
    }

    /**
     * Cuts both directions: connections stay open and silent, as when a network drops packets. New clients get a connection
     * too, and silence on it. After {@link #heal()} what was sent meanwhile arrives, as TCP's repeats would.
     *
     * @return this proxy
     */
    public FaultProxy cut() {
        loop.change(faults -> faults.withCut(true, true));
        return this;
    }

    /**
     * Cuts the way to the server, in the manner of {@link #cut()}; answers still under way arrive.
     *
     * @return this proxy
     */
    public FaultProxy cutClientToServer() {
        loop.change(faults -> faults.withCut(true, false));
        return this;
    }

    /**
     * Cuts the way to the client, in the manner of {@link #cut()}: the server receives and executes, its answers wait.
     *
     * @return this proxy
     */
    public FaultProxy cutServerToClient() {
        loop.change(faults -> faults.withCut(false, true));
        return this;
    }

    /**
     * Resets all connections and refuses new ones until {@link #heal()}, as when the server's machine is gone.
     *
     * @return this proxy
     */
    public FaultProxy cutAndReset() {
        loop.change(Faults::withRefuseNew);
        loop.resetAll();
        return this;
    }

    /**
     * Refuses new connections until {@link #heal()}; those that exist go on.
     *
     * @return this proxy
     */
    public FaultProxy refuseNew() {
        loop.change(Faults::withRefuseNew);
        return this;
    }

    /**
     * Lets commands through and throws their answers away, until {@link #resetAll()} resets the connections: to the client,
     * the command may or may not have been executed. {@link #bytesSwallowed()} tells when an answer was there.
     *
     * @return this proxy
     */
    public FaultProxy swallowRepliesUntilReset() {
        loop.change(faults -> faults.withSwallowReplies(true));
        return this;
    }

    /**
     * Ends every connection with a TCP reset on both sides, and ends {@link #swallowRepliesUntilReset()}; other faults stay,
     * new connections are served.
     *
     * @return this proxy
     */
    public FaultProxy resetAll() {
        loop.resetAll();
        return this;
    }

    /**
     * Takes all faults away, latency and bandwidth included, also from what is under way. Connections that lost answers are
     * reset.
     *
     * @return this proxy
     */
    public FaultProxy heal() {
        loop.heal();
        return this;
    }

    /**
     * Returns how many clients are connected now.
     *
     * @return the number
     */
    public int openConnections() {
        return loop.open();
    }

    /**
     * Returns how many clients have ever been connected.
     *
     * @return the number
     */
    public long acceptedConnections() {
        return loop.accepted.sum();
    }

    /**
     * Returns how many bytes were passed on to the server.
     *
     * @return the number since the proxy was started
     */
    public long bytesToServer() {
        return loop.bytesToServer.sum();
    }

    /**
     * Returns how many bytes were passed on to clients.
     *
     * @return the number since the proxy was started
     */
    public long bytesToClient() {
        return loop.bytesToClient.sum();
    }

    /**
     * Returns how many bytes of answers were thrown away.
     *
     * @return the number since the proxy was started
     */
    public long bytesSwallowed() {
        return loop.bytesSwallowed.sum();
    }

    /** Resets all connections and stops to listen, also when the thread is interrupted. May be called twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            boolean interrupted = Thread.interrupted();
            try {
                loop.close();
            } finally {
                Ports.release(port);
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    @Override
    public String toString() {
        return host + ":" + port + " -> " + target;
    }
}
