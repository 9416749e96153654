package dev.holdfast.core.redis;

import io.lettuce.core.RedisCommandTimeoutException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sits between the socket and everything else, TLS included: ends a connection whose server accepted it and then said
 * nothing, and remembers when the server was last heard.
 *
 * <p>Belongs to the channel's I/O thread; {@code heard} and {@code established} are published.
 */
final class SocketGuard extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<SocketGuard> KEY = AttributeKey.valueOf(SocketGuard.class, "guard");

    private final Duration timeout;
    private volatile boolean established;
    private volatile long heard = System.nanoTime();
    private @Nullable Future<?> judgement;

    private SocketGuard(Duration timeout) {
        this.timeout = timeout;
    }

    static void install(Channel channel, Duration timeout) {
        SocketGuard guard = new SocketGuard(timeout);
        channel.attr(KEY).set(guard);
        channel.pipeline().addFirst(guard);
    }

    /** The guard of a channel; also of one that is closed and has lost its handlers. */
    static SocketGuard of(Channel channel) {
        return channel.attr(KEY).get();
    }

    /** The handshake is over; from now on probes watch the connection. */
    void established() {
        established = true;
    }

    /** When the latest bytes arrived, as {@link System#nanoTime()} tells it; bytes of a reply that is not whole count. */
    long heardNanos() {
        return heard;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        judgement = ctx.executor().schedule(() -> judge(ctx), timeout.toNanos(), TimeUnit.NANOSECONDS);
        ctx.fireChannelActive();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        heard = System.nanoTime();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Future<?> pending = judgement;
        if (pending != null) {
            // Otherwise it would keep the dead channel for as long as the limit.
            pending.cancel(false);
        }
        ctx.fireChannelInactive();
    }

    /** Lettuce fails a command first and closes then; but whoever sees one fail is to find the link down. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (established && cause instanceof IOException) {
            Channels.reset(ctx.channel());
        }
        ctx.fireExceptionCaught(cause);
    }

    private void judge(ChannelHandlerContext ctx) {
        if (ctx.channel().isOpen() && !established) {
            ctx.fireExceptionCaught(
                    new RedisCommandTimeoutException("accepted, but no answer to the handshake within " + timeout));
            Channels.reset(ctx.channel());
        }
    }
}
