package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Jitter;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Checked settings of one cache; {@link TieredCacheBuilder} documents each. */
record CacheSettings<K, V>(
        String name,
        RedisLink link,
        String keyPrefix,
        KeyCodec<K> keyCodec,
        long maximumSize,
        @Nullable Weigher<K, V> weigher,
        Duration timeToLive,
        Jitter jitter,
        Duration maxStale,
        Duration leaseTime,
        Duration replayWindow,
        Duration heartbeat,
        Duration tier2Timeout,
        int maximumBarriers,
        int maximumJournal,
        OutagePolicy outagePolicy,
        boolean requirePresent,
        @Nullable Loader<K, V> loader,
        @Nullable BulkLoader<K, V> bulkLoader,
        Ticker ticker,
        Steps steps) {}
