package dev.holdfast.core.redis;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.util.concurrent.SingleThreadEventExecutor;

/**
 * Sends commands that were handed over together in one system call, and so most often in one packet.
 *
 * <p>Lettuce asks for a flush after each command, which makes a pipeline of 500 commands 500 system calls, and wakes the
 * server up for the first of them. Here a flush waits for the tasks that the event loop has queued already, among which the
 * rest of the pipeline is; a lone command finds none and is sent at once. Belongs to the channel's event loop.
 */
final class JointFlush extends ChannelOutboundHandlerAdapter {
    private boolean due;

    @Override
    public void flush(ChannelHandlerContext context) {
        if (due) {
            return;
        }
        if (context.executor() instanceof SingleThreadEventExecutor loop && loop.pendingTasks() > 0) {
            due = true;
            loop.execute(() -> {
                due = false;
                context.flush();
            });
        } else {
            context.flush();
        }
    }
}
