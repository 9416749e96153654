package dev.holdfast.core.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Knows the sockets under Lettuce's connections, so that one can be reset without waiting for anything.
 *
 * <p>Thread-safe. A socket is listed from its creation until it is closed. Every socket lingers for zero seconds: closing
 * it resets the connection and throws away what the kernel has not sent yet.
 */
final class Channels implements NettyCustomizer {
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final Duration handshakeTimeout;

    Channels(Duration handshakeTimeout) {
        this.handshakeTimeout = handshakeTimeout;
    }

    @Override
    public void afterChannelInitialized(Channel channel) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        SocketGuard.install(channel, handshakeTimeout);
        channel.pipeline().addLast(new JointFlush());
        open.add(channel);
        channel.closeFuture().addListener(closed -> open.remove(channel));
    }

    /** The socket under an established connection, or null if it is closed already. */
    @Nullable
    Channel establish(StatefulConnection<?, ?> connection) {
        Object endpoint = ((RedisChannelHandler<?, ?>) connection).getChannelWriter();
        for (Channel channel : open) {
            CommandHandler handler = channel.pipeline().get(CommandHandler.class);
            if (handler != null && handler.getEndpoint() == endpoint) {
                SocketGuard.of(channel).established();
                return channel;
            }
        }
        return null;
    }

    /**
     * Closes a socket at once. Not by {@link Channel#close()}: that would go through TLS, which first waits for its
     * farewell to be sent to a server that may not be reading.
     */
    static void reset(Channel channel) {
        if (channel.eventLoop().inEventLoop()) {
            channel.unsafe().close(channel.unsafe().voidPromise());
        } else if (!channel.eventLoop().isShuttingDown()) {
            channel.eventLoop()
                    .execute(() -> channel.unsafe().close(channel.unsafe().voidPromise()));
        }
    }

    /** How many sockets are open, for tests and metrics. */
    int count() {
        return open.size();
    }
}
