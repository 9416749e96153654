package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Checked settings of one cache; {@link TieredCacheBuilder} documents each. */
record CacheSettings<K, V>(
        String name,
        RedisLink link,
        String keyPrefix,
        char prefixDelimiter,
        KeyCodec<K> keyCodec,
        long maximumSize,
        @Nullable Weigher<K, V> weigher,
        Freshness freshness,
        Duration maxStale,
        Duration leaseTime,
        Duration replayWindow,
        Duration heartbeat,
        Duration tier2Timeout,
        int maximumValueSize,
        @Nullable Compression compression,
        int compressFrom,
        int maximumBarriers,
        int maximumJournal,
        int maximumLoads,
        OutagePolicy outagePolicy,
        boolean requirePresent,
        @Nullable Function<V, Set<String>> tags,
        @Nullable EntrySource<K, V> source,
        @Nullable BulkSource<K, V> bulkSource,
        @Nullable AsyncLoader<K, V> asyncLoader,
        @Nullable Executor executor,
        Ticker ticker,
        Steps steps) {}
