package dev.holdfast.testkit.fault;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.LongAdder;

/** One client's connection and the connection to the server made for it. Belongs to the proxy's thread. */
final class Link {

    private enum State {
        /** The client is connected; the network is cut, so the server does not know yet. */
        WAITING,
        CONNECTING,
        CONNECTED,
        CLOSED
    }

    private final SocketAddress server;
    private final SocketChannel client;
    private final SocketChannel upstream;
    private final SelectionKey clientKey;
    private final SelectionKey upstreamKey;
    private final OneWay toServer;
    private final OneWay toClient;
    private State state = State.WAITING;

    Link(
            Selector selector,
            SocketChannel client,
            SocketAddress server,
            LongAdder bytesToServer,
            LongAdder bytesToClient,
            LongAdder bytesSwallowed)
            throws IOException {
        this.server = server;
        this.client = client;
        this.upstream = SocketChannel.open();
        this.toServer = new OneWay(client, upstream, bytesToServer, bytesSwallowed);
        this.toClient = new OneWay(upstream, client, bytesToClient, bytesSwallowed);
        for (SocketChannel channel : new SocketChannel[] {client, upstream}) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        this.clientKey = client.register(selector, 0, this);
        this.upstreamKey = upstream.register(selector, 0, this);
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    boolean lossy() {
        return toClient.lossy();
    }

    /** Handles what the selector saw. */
    void ready(SelectionKey key, ByteBuffer buffer, long now, Faults faults) {
        if (isClosed() || !key.isValid()) {
            return;
        }
        try {
            if (key.isConnectable()) {
                upstream.finishConnect();
                state = State.CONNECTED;
            }
            boolean fromClient = key == clientKey;
            if (key.isWritable()) {
                (fromClient ? toClient : toServer).receiverHasRoom();
            }
            if (key.isReadable()) {
                if (fromClient) {
                    toServer.read(buffer, now, faults.delayToServer());
                } else {
                    toClient.read(buffer, now, faults.delayToClient());
                }
            }
        } catch (IOException e) {
            // The server is not there: the client learns it the same way.
            reset();
        }
    }

    /** Lets delays that were made shorter hold for what is under way. */
    void shorten(long now, Faults faults) {
        toServer.shorten(now, faults.delayToServer());
        toClient.shorten(now, faults.delayToClient());
    }

    /** Whether something was written, in whatever direction, since this was asked last. */
    boolean hadATurn() {
        boolean server = toServer.hadATurn();
        boolean client = toClient.hadATurn(); // Both are asked, since asking starts the next turn.
        return server || client;
    }

    /** Moves what is due and tells the selector what to look for; returns when to come again. */
    long advance(long now, Faults faults, Pace paceToServer, Pace paceToClient) {
        if (isClosed()) {
            return Long.MAX_VALUE;
        }
        try {
            if (state == State.WAITING && !faults.blocksConnecting()) {
                state = upstream.connect(server) ? State.CONNECTED : State.CONNECTING;
            }
            if (state != State.CONNECTED) {
                clientKey.interestOps(0);
                upstreamKey.interestOps(state == State.CONNECTING ? SelectionKey.OP_CONNECT : 0);
                return Long.MAX_VALUE;
            }
            long next = Long.MAX_VALUE;
            if (!faults.cutToServer()) {
                next = earlier(next, write(toServer, toClient, now, paceToServer, faults), now);
            }
            if (faults.swallowReplies()) {
                toClient.swallow();
            }
            if (!faults.cutToClient()) {
                next = earlier(next, write(toClient, toServer, now, paceToClient, faults), now);
            }
            if (toServer.brokenOff() || toClient.brokenOff()) {
                reset();
                return Long.MAX_VALUE;
            }
            if (toServer.finished() && toClient.finished()) {
                close();
                return Long.MAX_VALUE;
            }
            clientKey.interestOps(interest(
                    toServer.wantsToRead(faults.cutToServer()), toClient.waitsForReceiver(faults.cutToClient())));
            upstreamKey.interestOps(interest(
                    toClient.wantsToRead(faults.cutToClient()), toServer.waitsForReceiver(faults.cutToServer())));
            return next;
        } catch (IOException e) {
            reset();
            return Long.MAX_VALUE;
        }
    }

    /** Writes what is due in one direction; a receiver that broke off is a sender that did so in the other one. */
    private static long write(OneWay way, OneWay back, long now, Pace pace, Faults faults) {
        try {
            return way.write(now, pace, faults.bytesPerSecond());
        } catch (IOException e) {
            way.receiverBroke();
            back.senderBroke();
            return now;
        }
    }

    private static int interest(boolean read, boolean write) {
        return (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
    }

    /** The nearer of two times of {@link System#nanoTime()}, where the greatest number means never. */
    static long earlier(long a, long b, long now) {
        if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
            return Math.min(a, b);
        }
        return a - now <= b - now ? a : b;
    }

    /** Ends both connections with a TCP reset. */
    void reset() {
        for (SocketChannel channel : new SocketChannel[] {client, upstream}) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                // It is closed already, so there is nothing left to reset.
            }
        }
        close();
    }

    void close() {
        state = State.CLOSED;
        for (SocketChannel channel : new SocketChannel[] {client, upstream}) {
            try {
                channel.close();
            } catch (IOException e) {
                // The descriptor is gone all the same.
            }
        }
    }
}
