package dev.holdfast.benchmarks.peer;

import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.Codec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.redisson.Redisson;
import org.redisson.api.RLocalCachedMap;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.LocalCachedMapOptions;
import org.redisson.client.codec.BaseCodec;
import org.redisson.client.codec.LongCodec;
import org.redisson.client.protocol.Decoder;
import org.redisson.client.protocol.Encoder;
import org.redisson.codec.CompositeCodec;
import org.redisson.config.Config;

/** Redisson's local-cached map, with Caffeine in the process. */
final class RedissonPeer implements Peer {

    private final RedissonClient client;
    private final RLocalCachedMap<Long, Item> map;

    RedissonPeer(String uri, Items items, Codec<Item> codec, int maximumSize) {
        CompositeCodec composite = new CompositeCodec(LongCodec.INSTANCE, new Values(codec));
        Config config = new Config();
        config.setCodec(composite);
        config.useSingleServer().setAddress(uri);
        client = Redisson.create(config);
        map = client.getLocalCachedMap(LocalCachedMapOptions.<Long, Item>name("redisson:item")
                .codec(composite)
                .cacheProvider(LocalCachedMapOptions.CacheProvider.CAFFEINE)
                .evictionPolicy(LocalCachedMapOptions.EvictionPolicy.LRU)
                .cacheSize(maximumSize)
                .timeToLive(CaffeineFloor.TIME_TO_LIVE));
        Map<Long, Item> all = new HashMap<>();
        for (int n = 0; n < Items.COUNT; n++) {
            all.put(items.key(n), items.item(items.key(n)));
        }
        map.putAll(all, 1_000);
    }

    @Override
    public Item get(Long key) {
        return map.get(key);
    }

    @Override
    public Map<Long, Item> getAll(List<Long> keys) {
        return map.getAll(new LinkedHashSet<>(keys));
    }

    @Override
    public void close() {
        client.shutdown();
    }

    @Override
    public String toString() {
        return "Redisson";
    }

    /** Values as the cache encodes them. */
    private static final class Values extends BaseCodec {
        private final Codec<Item> codec;

        Values(Codec<Item> codec) {
            this.codec = codec;
        }

        @Override
        public Encoder getValueEncoder() {
            return value -> {
                try {
                    return Unpooled.wrappedBuffer(codec.encode((Item) value));
                } catch (Exception e) {
                    throw new IOException(e);
                }
            };
        }

        @Override
        public Decoder<Object> getValueDecoder() {
            return (ByteBuf buffer, org.redisson.client.handler.State state) -> {
                try {
                    return codec.decode(ByteBufUtil.getBytes(buffer));
                } catch (Exception e) {
                    throw new IOException(e);
                }
            };
        }
    }
}
