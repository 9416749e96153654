package dev.holdfast.core.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisAdvancedClusterAsyncCommandsImpl;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.push.RedisClusterPushListener;
import io.lettuce.core.cluster.api.reactive.RedisAdvancedClusterReactiveCommands;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ConnectionIntent;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sends each command to the primary that owns its key's slot, over the link's own connections.
 *
 * <p>Not Lettuce's cluster client: that one reconnects by itself, and then sends again what may have been executed (all
 * versions before 7), or writes after its deadline what waited for a connection. Here a command is written at once or
 * refused. Commands that address every node (FLUSHALL, KEYS, SCAN, SCRIPT LOAD …) are not supported: they go to each {@link
 * RedisPrimary}. Thread-safe: reads {@link ClusterNodes} only.
 */
final class ClusterRouter implements StatefulRedisClusterConnection<byte[], byte[]> {
    private final ClusterNodes nodes;
    private final RedisAdvancedClusterAsyncCommands<byte[], byte[]> commands;

    ClusterRouter(ClusterNodes nodes) {
        this.nodes = nodes;
        this.commands = new RedisAdvancedClusterAsyncCommandsImpl<>(this, ByteArrayCodec.INSTANCE);
    }

    @Override
    public RedisAdvancedClusterAsyncCommands<byte[], byte[]> async() {
        return commands;
    }

    @Override
    public <T> RedisCommand<byte[], byte[], T> dispatch(RedisCommand<byte[], byte[], T> command) {
        CountedCommands.count();
        route(command);
        return command;
    }

    @Override
    public Collection<RedisCommand<byte[], byte[], ?>> dispatch(
            Collection<? extends RedisCommand<byte[], byte[], ?>> all) {
        List<RedisCommand<byte[], byte[], ?>> sent = new ArrayList<>(all);
        sent.forEach(command -> {
            CountedCommands.count();
            route(command);
        });
        return sent;
    }

    private <T> void route(RedisCommand<byte[], byte[], T> command) {
        CommandArgs<byte[], byte[]> args = command.getArgs();
        ByteBuffer key = args == null ? null : args.getFirstEncodedKey();
        RoutedCommand<T> routed = new RoutedCommand<>(command, this);
        if (key != null) {
            int slot = SlotHash.getSlot(key);
            send(routed, nodes.owner(slot), "the owner of slot " + slot);
        } else {
            send(routed, nodes.any(ThreadLocalRandom.current().nextInt()), "any primary");
        }
    }

    private static void send(RoutedCommand<?> command, @Nullable NodeConnection to, String whom) {
        if (to == null) {
            command.completeExceptionally(notConnected(whom));
        } else {
            to.lettuce().dispatch(command);
        }
    }

    /** Sends a command where a node said it belongs; runs on that node's I/O thread. */
    void redirect(RoutedCommand<?> command, String error, boolean moved) {
        HostPort target = nodes.announced(error);
        if (moved) {
            nodes.moved();
        }
        NodeConnection to = target == null ? null : nodes.connection(target);
        if (to == null) {
            command.completeExceptionally(notConnected(String.valueOf(target)));
        } else if (moved) {
            to.lettuce().dispatch(command);
        } else {
            // ASKING is for the next command on the connection: on its I/O thread nothing comes between them.
            to.onIoThread(() -> {
                var unused = to.commands().asking();
                to.lettuce().dispatch(command);
            });
        }
    }

    /** In the words of Lettuce, so that it is taken for what it is: nothing was sent. */
    private static RedisException notConnected(String whom) {
        return new RedisException("Currently not connected to " + whom + ". Commands are rejected.");
    }

    private static UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException(
                "a Redis link sends commands by their key; commands for all or chosen nodes need a cluster client");
    }

    /** Lettuce before 7 asks for it. */
    @SuppressWarnings({"unused", "DoNotCallSuggester"})
    public void reset() {
        throw unsupported();
    }

    @Override
    public boolean isOpen() {
        return nodes.any(0) != null;
    }

    /** No override before Lettuce 7, which we serve too. */
    @SuppressWarnings("MissingOverride")
    public RedisCodec<byte[], byte[]> getCodec() {
        return ByteArrayCodec.INSTANCE;
    }

    @Override
    public Duration getTimeout() {
        return Duration.ZERO;
    }

    @Override
    public void setTimeout(Duration timeout) {
        throw unsupported();
    }

    @Override
    public RedisAdvancedClusterCommands<byte[], byte[]> sync() {
        throw unsupported();
    }

    @Override
    public RedisAdvancedClusterReactiveCommands<byte[], byte[]> reactive() {
        throw unsupported();
    }

    @Override
    public StatefulRedisConnection<byte[], byte[]> getConnection(String nodeId, ConnectionIntent intent) {
        throw unsupported();
    }

    @Override
    public CompletableFuture<StatefulRedisConnection<byte[], byte[]>> getConnectionAsync(
            String nodeId, ConnectionIntent intent) {
        throw unsupported();
    }

    @Override
    public StatefulRedisConnection<byte[], byte[]> getConnection(String host, int port, ConnectionIntent intent) {
        throw unsupported();
    }

    @Override
    public CompletableFuture<StatefulRedisConnection<byte[], byte[]>> getConnectionAsync(
            String host, int port, ConnectionIntent intent) {
        throw unsupported();
    }

    @Override
    public void setReadFrom(ReadFrom readFrom) {
        throw unsupported();
    }

    @Override
    public ReadFrom getReadFrom() {
        return ReadFrom.UPSTREAM;
    }

    @Override
    public Partitions getPartitions() {
        throw unsupported();
    }

    @Override
    public RedisChannelWriter getChannelWriter() {
        throw unsupported();
    }

    @Override
    public void addListener(RedisClusterPushListener listener) {
        throw unsupported();
    }

    @Override
    public void removeListener(RedisClusterPushListener listener) {
        throw unsupported();
    }

    @Override
    public void addListener(RedisConnectionStateListener listener) {
        throw unsupported();
    }

    @Override
    public void removeListener(RedisConnectionStateListener listener) {
        throw unsupported();
    }

    @Override
    public void close() {
        throw unsupported();
    }

    @Override
    public CompletableFuture<Void> closeAsync() {
        throw unsupported();
    }

    @Override
    public ClientOptions getOptions() {
        throw unsupported();
    }

    @Override
    public ClientResources getResources() {
        throw unsupported();
    }

    @Override
    public void setAutoFlushCommands(boolean autoFlush) {
        throw unsupported();
    }

    @Override
    public void flushCommands() {
        // Commands are flushed as they are sent.
    }
}
