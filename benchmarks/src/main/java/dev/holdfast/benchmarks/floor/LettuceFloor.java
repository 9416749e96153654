package dev.holdfast.benchmarks.floor;

import dev.holdfast.cache.Codec;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Raw Lettuce with the settings it comes with: one connection, the synchronous interface, all items in Redis. */
public final class LettuceFloor implements ItemReader, AutoCloseable {

    private final Codec<Item> codec;
    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisCommands<byte[], byte[]> commands;

    /**
     * Connects, and stores all items under keys of its own.
     *
     * @param uri of a standalone server
     * @param items to store
     * @param codec the codec that the other side uses too
     */
    public LettuceFloor(String uri, Items items, Codec<Item> codec) throws Exception {
        this.codec = codec;
        client = RedisClient.create(uri);
        connection = client.connect(ByteArrayCodec.INSTANCE);
        commands = connection.sync();
        for (int n = 0; n < Items.COUNT; n++) {
            Long key = items.key(n);
            commands.set(name(key), codec.encode(items.item(key)));
        }
    }

    private static byte[] name(Long key) {
        return ("raw:item:" + key).getBytes(StandardCharsets.US_ASCII);
    }

    /** One GET and its decoding; null if Redis has no such item. */
    @Override
    public Item get(Long key) throws Exception {
        byte[] bytes = commands.get(name(key));
        return bytes == null ? null : codec.decode(bytes);
    }

    /** One MGET and its decoding, in the order of the keys, without those that Redis does not have. */
    @Override
    public Map<Long, Item> getAll(List<Long> keys) throws Exception {
        byte[][] names = new byte[keys.size()][];
        for (int i = 0; i < names.length; i++) {
            names[i] = name(keys.get(i));
        }
        Map<Long, Item> found = new LinkedHashMap<>();
        int i = 0;
        for (KeyValue<byte[], byte[]> answer : commands.mget(names)) {
            if (answer.hasValue()) {
                found.put(keys.get(i), codec.decode(answer.getValue()));
            }
            i++;
        }
        return found;
    }

    @Override
    public String toString() {
        return "Lettuce";
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
