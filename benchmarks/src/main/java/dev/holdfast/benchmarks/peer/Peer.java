package dev.holdfast.benchmarks.peer;

import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.ItemReader;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.cache.Codec;
import java.util.List;

/** Another two-tier cache of the items, in the set-up that serves it best; closed by whoever opened it. */
public interface Peer extends ItemReader, AutoCloseable {

    /** Opens a peer. */
    @FunctionalInterface
    interface Opener {
        /**
         * Connects and stores all items in both tiers.
         *
         * @param uri of a standalone server
         * @param items to store
         * @param codec of the values, the same for all sides
         * @param maximumSize of the tier in the process
         */
        Peer open(String uri, Items items, Codec<Item> codec, int maximumSize);
    }

    /** JetCache. */
    Opener JETCACHE = JetCachePeer::new;

    /** Redisson. */
    Opener REDISSON = RedissonPeer::new;

    /** All of them. */
    List<Opener> ALL = List.of(JETCACHE, REDISSON);

    @Override
    void close();
}
