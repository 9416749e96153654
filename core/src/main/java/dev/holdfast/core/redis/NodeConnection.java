package dev.holdfast.core.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.channel.Channel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One established connection to one server: it lives once, and is never reconnected.
 *
 * <p>Thread-safe. {@link #drop} is final: commands in flight fail, later ones are refused.
 */
final class NodeConnection {
    private final HostPort address;
    private final StatefulRedisConnection<byte[], byte[]> lettuce;
    private final RedisAsyncCommands<byte[], byte[]> commands;
    private final Channel channel;
    private final SocketGuard socket;
    private final AtomicReference<@Nullable String> dropReason = new AtomicReference<>();
    private final AtomicBoolean lettuceClosed = new AtomicBoolean();
    private final CompletableFuture<String> closed = new CompletableFuture<>();

    NodeConnection(HostPort address, StatefulRedisConnection<byte[], byte[]> lettuce, Channel channel) {
        this.address = address;
        this.lettuce = lettuce;
        this.commands = new CountedCommands(lettuce);
        this.channel = channel;
        this.socket = SocketGuard.of(channel);
        channel.closeFuture().addListener(done -> onClosed());
    }

    HostPort address() {
        return address;
    }

    StatefulRedisConnection<byte[], byte[]> lettuce() {
        return lettuce;
    }

    RedisAsyncCommands<byte[], byte[]> commands() {
        return commands;
    }

    /** When the server was last heard, as {@link System#nanoTime()} tells it. */
    long heardNanos() {
        return socket.heardNanos();
    }

    StatefulRedisPubSubConnection<byte[], byte[]> pubSub() {
        return (StatefulRedisPubSubConnection<byte[], byte[]>) lettuce;
    }

    /** Runs a task where all writes of this connection happen. */
    void onIoThread(Runnable task) {
        channel.eventLoop().execute(task);
    }

    /** Completes with the reason once the socket is closed, on an I/O thread, before commands in flight fail. */
    CompletionStage<String> closed() {
        return closed;
    }

    /** Resets the socket, whatever is in flight; idempotent and immediate. */
    void drop(String reason) {
        dropReason.compareAndSet(null, reason);
        Channels.reset(channel);
        closeLettuce();
    }

    private void closeLettuce() {
        if (lettuceClosed.compareAndSet(false, true)) {
            var unused = lettuce.closeAsync();
        }
    }

    private void onClosed() {
        String reason = dropReason.get();
        closed.complete(reason != null ? reason : "connection to " + address + " was closed by the other side");
        // Also tells Lettuce, which otherwise keeps what slipped in between its check and the loss.
        closeLettuce();
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
