package dev.holdfast.benchmarks.floor;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/** A channel of raw Lettuce: one connection sends, another one receives. */
public final class LettuceChannel implements AutoCloseable {

    private final String channel;
    private final RedisClient client;
    private final RedisCommands<String, String> commands;
    private volatile long received = Long.MIN_VALUE;

    /** Connects and subscribes. */
    public LettuceChannel(String uri, String channel) {
        this.channel = channel;
        client = RedisClient.create(uri);
        commands = client.connect().sync();
        StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
        subscriber.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                received = Long.parseLong(message);
            }
        });
        subscriber.sync().subscribe(channel);
    }

    /** Sends a number. */
    public void publish(long number) {
        commands.publish(channel, Long.toString(number));
    }

    /** The number that arrived last. */
    public long received() {
        return received;
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
