package dev.holdfast.benchmarks.peer;

import com.alicp.jetcache.Cache;
import com.alicp.jetcache.CacheValueHolder;
import com.alicp.jetcache.MultiLevelCacheBuilder;
import com.alicp.jetcache.embedded.CaffeineCacheBuilder;
import com.alicp.jetcache.redis.lettuce.RedisLettuceCacheBuilder;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.Codec;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** JetCache's two-level cache: Caffeine and Lettuce. */
final class JetCachePeer implements Peer {

    private static final int TIMES = 2 * Long.BYTES;

    private final Codec<Item> codec;
    private final RedisClient client;
    private final Cache<Long, Item> cache;

    JetCachePeer(String uri, Items items, Codec<Item> codec, int maximumSize) {
        this.codec = codec;
        long life = CaffeineFloor.TIME_TO_LIVE.toSeconds();
        client = RedisClient.create(uri);
        Cache<Long, Item> local = CaffeineCacheBuilder.createCaffeineCacheBuilder()
                .limit(maximumSize)
                .expireAfterWrite(life, TimeUnit.SECONDS)
                .buildCache();
        Cache<Long, Item> remote = RedisLettuceCacheBuilder.createRedisLettuceCacheBuilder()
                .redisClient(client)
                .connection(client.connect(ByteArrayCodec.INSTANCE))
                .keyPrefix("jetcache:item:")
                .valueEncoder(this::encode)
                .valueDecoder(this::decode)
                .expireAfterWrite(life, TimeUnit.SECONDS)
                .buildCache();
        cache = MultiLevelCacheBuilder.createMultiLevelCacheBuilder()
                .addCache(local, remote)
                .expireAfterWrite(life, TimeUnit.SECONDS)
                .buildCache();
        Map<Long, Item> all = new HashMap<>();
        for (int n = 0; n < Items.COUNT; n++) {
            all.put(items.key(n), items.item(items.key(n)));
        }
        cache.putAll(all);
    }

    /** What it stores is the value in one or two holders with times of their own. */
    private byte[] encode(Object stored) {
        CacheValueHolder<?> holder = (CacheValueHolder<?>) stored;
        try {
            byte[] inner = holder.getValue() instanceof CacheValueHolder<?> nested
                    ? encode(nested)
                    : codec.encode((Item) holder.getValue());
            byte kind = (byte) (holder.getValue() instanceof CacheValueHolder<?> ? 1 : 0);
            return ByteBuffer.allocate(1 + TIMES + inner.length)
                    .put(kind)
                    .putLong(holder.getAccessTime())
                    .putLong(holder.getExpireTime())
                    .put(inner)
                    .array();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Object decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean nested = in.get() == 1;
        CacheValueHolder<Object> holder = new CacheValueHolder<>();
        holder.setAccessTime(in.getLong());
        holder.setExpireTime(in.getLong());
        byte[] inner = new byte[in.remaining()];
        in.get(inner);
        try {
            holder.setValue(nested ? decode(inner) : codec.decode(inner));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return holder;
    }

    @Override
    public Item get(Long key) {
        return cache.get(key);
    }

    @Override
    public Map<Long, Item> getAll(List<Long> keys) {
        return cache.getAll(new LinkedHashSet<>(keys));
    }

    @Override
    public void close() {
        cache.close();
        client.shutdown();
    }

    @Override
    public String toString() {
        return "JetCache";
    }
}
