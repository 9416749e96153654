package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JointFlushTest {
    private final DefaultEventLoopGroup loop = new DefaultEventLoopGroup(1);
    private final DefaultEventLoopGroup serverLoop = new DefaultEventLoopGroup(1);
    private final List<Object> arrived = new CopyOnWriteArrayList<>();
    private final AtomicInteger flushes = new AtomicInteger();
    private Channel channel;

    @BeforeEach
    void connect() throws Exception {
        LocalAddress address = new LocalAddress("joint-flush");
        new ServerBootstrap()
                .group(serverLoop)
                .channel(LocalServerChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        arrived.add(message);
                    }
                })
                .bind(address)
                .sync();
        channel = new Bootstrap()
                .group(loop)
                .channel(LocalChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                            @Override
                            public void flush(ChannelHandlerContext context) {
                                flushes.incrementAndGet();
                                context.flush();
                            }
                        });
                        made.pipeline().addLast(new JointFlush());
                    }
                })
                .connect(address)
                .sync()
                .channel();
    }

    @AfterEach
    void close() {
        var unused = List.of(loop.shutdownGracefully(), serverLoop.shutdownGracefully());
    }

    @Test
    void writesThatWereQueuedTogether_areFlushedOnce() throws Exception {
        CountDownLatch queued = new CountDownLatch(1);
        channel.eventLoop().execute(() -> {
            try {
                queued.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < 100; i++) {
            var unused = channel.writeAndFlush(i);
        }
        queued.countDown();

        await().until(() -> arrived.size() == 100);
        assertThat(arrived.get(99)).isEqualTo(99);
        assertThat(flushes).hasValueBetween(1, 2);
    }

    @Test
    void lone_writes_are_flushed_each_by_itself() throws Exception {
        for (int i = 0; i < 20; i++) {
            channel.writeAndFlush(i).sync();
            int number = i;
            await().until(() -> arrived.contains(number));
        }

        assertThat(flushes).hasValue(20);
    }
}
