package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Weigher;
import dev.holdfast.core.Jitter;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link TieredCache}; not thread-safe, checked as a whole by {@link #build()}, which reports every problem
 * at once.
 *
 * @param <K> key type
 * @param <V> value type
 */
public final class TieredCacheBuilder<K, V> {
    // Read by SettingsCheck, as they were set.
    final String name;

    @Nullable
    RedisLink link;

    String keyPrefix = "hf";
    KeyCodec<K> keyCodec = KeyCodec.natural();

    @Nullable
    Codec<V> codec;

    long maximumSize = -1;

    @Nullable
    Weigher<K, V> weigher;

    char prefixDelimiter = ':';
    Duration timeToLive = Duration.ofMinutes(10);

    @Nullable
    Duration maximumTimeToLive;

    Duration absentTimeToLive = Duration.ZERO;
    Duration staleFor = Duration.ZERO;
    double earlyRefresh = 1;

    @Nullable
    Duration softTimeout;

    @Nullable
    Duration hardTimeout;

    Duration retryAfter = Duration.ofMillis(100);
    double jitter = 0.1;
    int maximumValueSize = 8 << 20;

    @Nullable
    Compression compression;

    int compressFrom;
    int maximumLoads = 256;

    @Nullable
    Function<V, Set<String>> tags;

    @Nullable
    Executor executor;

    Duration maxStale = Duration.ofMinutes(1);
    Duration leaseTime = Duration.ofSeconds(10);
    Duration replayWindow = Duration.ofMinutes(5);
    Duration heartbeat = Duration.ofSeconds(1);

    @Nullable
    Duration tier2Timeout;

    int maximumBarriers = 100_000;
    int maximumJournal = 10_000;
    OutagePolicy outagePolicy = OutagePolicy.QUEUE;
    boolean requirePresent;

    @Nullable
    EntrySource<K, V> source;

    @Nullable
    BulkSource<K, V> bulkSource;

    @Nullable
    AsyncLoader<K, V> asyncLoader;

    Ticker ticker = Ticker.system();
    Steps steps = Steps.NONE;

    TieredCacheBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * The link to Redis, where tier 2 lives. Required; {@link RedisLink#disabled()} means tier 1 only, on purpose.
     *
     * @param link a link, which the cache does not close
     * @return this
     */
    public TieredCacheBuilder<K, V> redis(RedisLink link) {
        this.link = Objects.requireNonNull(link, "link");
        return this;
    }

    /**
     * What every Redis key of this cache begins with, {@code hf} by default. The same on every node. Access rules of Redis
     * must cover keys and channels that begin with the prefix, also behind an opening brace; see docs/cache.md.
     *
     * @param keyPrefix letters, digits, dots, colons, dashes and underscores
     * @return this
     */
    public TieredCacheBuilder<K, V> keyPrefix(String keyPrefix) {
        this.keyPrefix = Objects.requireNonNull(keyPrefix, "keyPrefix");
        return this;
    }

    /**
     * How keys become text; by default as {@link KeyCodec#natural()} does.
     *
     * @param keyCodec an injective codec
     * @return this
     */
    public TieredCacheBuilder<K, V> keyCodec(KeyCodec<K> keyCodec) {
        this.keyCodec = Objects.requireNonNull(keyCodec, "keyCodec");
        return this;
    }

    /**
     * How values become bytes in tier 2. Required unless Redis is disabled.
     *
     * @param codec a thread-safe codec
     * @return this
     */
    public TieredCacheBuilder<K, V> codec(Codec<V> codec) {
        this.codec = Objects.requireNonNull(codec, "codec");
        return this;
    }

    /**
     * Bounds tier 1 by its number of entries. This or {@link #maximumWeight} is required.
     *
     * @param entries at least 1
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumSize(long entries) {
        this.maximumSize = entries;
        this.weigher = null;
        return this;
    }

    /**
     * Bounds tier 1 by the weight of its entries.
     *
     * @param weight the largest sum of weights, at least 1
     * @param weigher weighs an entry when it is stored; a weight is not negative
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumWeight(long weight, Weigher<K, V> weigher) {
        this.maximumSize = weight;
        this.weigher = Objects.requireNonNull(weigher, "weigher");
        return this;
    }

    /**
     * How long a value may be served after it was loaded, in both tiers together; 10 minutes by default.
     *
     * @param timeToLive at least 1 ms, at most 365 days
     * @return this
     */
    public TieredCacheBuilder<K, V> timeToLive(Duration timeToLive) {
        this.timeToLive = Objects.requireNonNull(timeToLive, "timeToLive");
        return this;
    }

    /**
     * The longest life that a loader may give a single value; by default {@link #timeToLive}. Barriers of tags and prefixes
     * are remembered that long, so it should not be longer than needed.
     *
     * @param maximumTimeToLive at least {@code timeToLive}, at most 365 days; the same on every node
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumTimeToLive(Duration maximumTimeToLive) {
        this.maximumTimeToLive = Objects.requireNonNull(maximumTimeToLive, "maximumTimeToLive");
        return this;
    }

    /**
     * Has it remembered that the source has no value for a key, which by default it is asked again every time.
     *
     * @param timeToLive how long; zero, or up to 365 days
     * @return this
     */
    public TieredCacheBuilder<K, V> cacheAbsent(Duration timeToLive) {
        this.absentTimeToLive = Objects.requireNonNull(timeToLive, "timeToLive");
        return this;
    }

    /**
     * How long after its time to live a value may still be served when the source fails, is slow, or is being asked by
     * another node; not at all by default. An invalidated value is never served.
     *
     * @param staleFor zero, or at least 1 ms and at most 365 days
     * @return this
     */
    public TieredCacheBuilder<K, V> staleFor(Duration staleFor) {
        this.staleFor = Objects.requireNonNull(staleFor, "staleFor");
        return this;
    }

    /**
     * How eagerly hot values are loaded again in the background before they end: the factor β of XFetch. With 1, the
     * default, it happens about as long before the end as loading takes, so that nobody waits for it; a greater one does it
     * earlier, 0 never.
     *
     * @param beta 0 to 100
     * @return this
     */
    public TieredCacheBuilder<K, V> earlyRefresh(double beta) {
        this.earlyRefresh = beta;
        return this;
    }

    /**
     * How long a caller waits for the source when a stale value could be served instead; for as long as it takes by default.
     * The load goes on. Needs {@link #staleFor}; the loader then runs on the {@link #executor}.
     *
     * @param softTimeout at least 1 ms
     * @return this
     */
    public TieredCacheBuilder<K, V> softTimeout(Duration softTimeout) {
        this.softTimeout = Objects.requireNonNull(softTimeout, "softTimeout");
        return this;
    }

    /**
     * How long a caller waits for the source at all, before it gets a {@link CacheLoadTimeoutException}; for as long as it
     * takes by default. The load goes on. The loader then runs on the {@link #executor}.
     *
     * @param hardTimeout at least 1 ms, more than the soft one
     * @return this
     */
    public TieredCacheBuilder<K, V> hardTimeout(Duration hardTimeout) {
        this.hardTimeout = Objects.requireNonNull(hardTimeout, "hardTimeout");
        return this;
    }

    /**
     * How long the source is not asked again for a key for which it failed; 100 ms by default. Meanwhile callers get the stale
     * value, or the same failure.
     *
     * @param retryAfter at most 1 hour; zero to ask again at once
     * @return this
     */
    public TieredCacheBuilder<K, V> retryAfter(Duration retryAfter) {
        this.retryAfter = Objects.requireNonNull(retryAfter, "retryAfter");
        return this;
    }

    /**
     * What groups values for {@link TieredCache#invalidateTag}: called for each value that is stored.
     *
     * @param tags gives the tags of a value, at most 64, each not empty and at most 256 characters
     * @return this
     */
    public TieredCacheBuilder<K, V> tags(Function<V, Set<String>> tags) {
        this.tags = Objects.requireNonNull(tags, "tags");
        return this;
    }

    /**
     * What ends a segment in the text of keys, for {@link TieredCache#invalidatePrefix}; a colon by default.
     *
     * @param delimiter a printable ASCII character other than percent and braces; the same on every node
     * @return this
     */
    public TieredCacheBuilder<K, V> prefixDelimiter(char delimiter) {
        this.prefixDelimiter = delimiter;
        return this;
    }

    /**
     * The largest encoded value; 8 MiB by default. A larger one is refused with a {@link CodecException}.
     *
     * @param bytes at least 1
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumValueSize(int bytes) {
        this.maximumValueSize = bytes;
        return this;
    }

    /**
     * Compresses large values on their way to tier 2; none by default. A value that hardly shrinks stays as it is.
     *
     * @param compression how
     * @param fromBytes encoded values of at least so many bytes; at least 1, e.g. 1024
     * @return this
     */
    public TieredCacheBuilder<K, V> compression(Compression compression, int fromBytes) {
        this.compression = Objects.requireNonNull(compression, "compression");
        this.compressFrom = fromBytes;
        return this;
    }

    /**
     * How many loads of this cache may ask the source at a time on this node; 256 by default. While tier 2 is away, fewer
     * may, as many as the source is seen to take.
     *
     * @param loads at least 1
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumLoads(int loads) {
        this.maximumLoads = loads;
        return this;
    }

    /**
     * Where loads run that no caller's thread runs: early refreshes, loads under a timeout, blocking loaders of the
     * asynchronous view. By default virtual threads where the JVM has them, otherwise daemon threads, as many as
     * {@link #maximumLoads} allows.
     *
     * @param executor an executor for blocking tasks, which the cache does not close
     * @return this
     */
    public TieredCacheBuilder<K, V> executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * The largest part of the time to live that is taken away at random, so that values which were filled together do not
     * end together; 0.1 by default.
     *
     * @param fraction 0 to 1
     * @return this
     */
    public TieredCacheBuilder<K, V> jitter(double fraction) {
        this.jitter = fraction;
        return this;
    }

    /**
     * How long a node that lost contact with Redis goes on serving an entry it cannot vouch for; 1 minute by default.
     *
     * @param maxStale at least one heartbeat
     * @return this
     */
    public TieredCacheBuilder<K, V> maxStale(Duration maxStale) {
        this.maxStale = Objects.requireNonNull(maxStale, "maxStale");
        return this;
    }

    /**
     * How long a node may take to load a value and still store it in tier 2, and how long a thread waits for another's load
     * before it loads for itself; 10 s by default.
     *
     * @param leaseTime at least 1 ms; longer than the slowest ordinary load
     * @return this
     */
    public TieredCacheBuilder<K, V> leaseTime(Duration leaseTime) {
        this.leaseTime = Objects.requireNonNull(leaseTime, "leaseTime");
        return this;
    }

    /**
     * How long barriers are kept, and this node's own invalidations are remembered to be issued again; 5 minutes by default.
     * A node that was away for longer starts with an empty tier 1.
     *
     * @param replayWindow more than the lease time plus what a failover and a reconnect take
     * @return this
     */
    public TieredCacheBuilder<K, V> replayWindow(Duration replayWindow) {
        this.replayWindow = Objects.requireNonNull(replayWindow, "replayWindow");
        return this;
    }

    /**
     * How often this node compares its state with Redis's, which bounds how long a lost announcement goes unnoticed; 1 s by
     * default.
     *
     * @param heartbeat at least 10 ms
     * @return this
     */
    public TieredCacheBuilder<K, V> heartbeat(Duration heartbeat) {
        this.heartbeat = Objects.requireNonNull(heartbeat, "heartbeat");
        return this;
    }

    /**
     * How long one read may spend on tier 2 before it turns to the source; by default the link's command timeout, at most
     * 500 ms.
     *
     * @param tier2Timeout at least 1 ms
     * @return this
     */
    public TieredCacheBuilder<K, V> tier2Timeout(Duration tier2Timeout) {
        this.tier2Timeout = Objects.requireNonNull(tier2Timeout, "tier2Timeout");
        return this;
    }

    /**
     * Bounds the barriers in Redis and on this node, about 100 bytes each; 100,000 by default. Beyond it everything older
     * becomes invalid, once.
     *
     * @param barriers at least twice {@link #maximumJournal}
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumBarriers(int barriers) {
        this.maximumBarriers = barriers;
        return this;
    }

    /**
     * Bounds this node's memory of its own invalidations; 10,000 keys by default. Beyond it, the next issue invalidates
     * everything.
     *
     * @param keys at least 1
     * @return this
     */
    public TieredCacheBuilder<K, V> maximumJournal(int keys) {
        this.maximumJournal = keys;
        return this;
    }

    /**
     * What an invalidation does when Redis cannot be reached; {@link OutagePolicy#QUEUE} by default.
     *
     * @param policy the policy
     * @return this
     */
    public TieredCacheBuilder<K, V> whenRedisAway(OutagePolicy policy) {
        this.outagePolicy = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * Has a key that the source does not know reported as {@link AbsentValueException} instead of null.
     *
     * @return this
     */
    public TieredCacheBuilder<K, V> requirePresent() {
        this.requirePresent = true;
        return this;
    }

    /**
     * Reads a value from the source.
     *
     * @param loader for one key
     * @return this
     */
    public TieredCacheBuilder<K, V> loader(Loader<K, V> loader) {
        this.source = Sources.of(Objects.requireNonNull(loader, "loader"));
        return this;
    }

    /**
     * Reads a value from the source and says how to cache it.
     *
     * @param loader for one key; replaces {@link #loader}
     * @return this
     */
    public TieredCacheBuilder<K, V> detailedLoader(DetailedLoader<K, V> loader) {
        this.source = Objects.requireNonNull(loader, "loader")::load;
        return this;
    }

    /**
     * Reads a value from the source without blocking a thread; serves {@link TieredCache#async()}, and the blocking methods
     * if there is no other loader.
     *
     * @param loader for one key
     * @return this
     */
    public TieredCacheBuilder<K, V> asyncLoader(AsyncLoader<K, V> loader) {
        this.asyncLoader = Objects.requireNonNull(loader, "loader");
        return this;
    }

    /**
     * Reads many values from the source; without it {@link TieredCache#getAll} calls the loader once per missing key.
     *
     * @param bulkLoader for many keys; also serves single keys if there is no {@link #loader}
     * @return this
     */
    public TieredCacheBuilder<K, V> bulkLoader(BulkLoader<K, V> bulkLoader) {
        this.bulkSource = Sources.ofBulk(Objects.requireNonNull(bulkLoader, "bulkLoader"));
        return this;
    }

    /**
     * Reads many values from the source and says how to cache each.
     *
     * @param bulkLoader for many keys; replaces {@link #bulkLoader}
     * @return this
     */
    public TieredCacheBuilder<K, V> detailedBulkLoader(DetailedBulkLoader<K, V> bulkLoader) {
        this.bulkSource = Sources.ofDetailedBulk(Objects.requireNonNull(bulkLoader, "bulkLoader"));
        return this;
    }

    /**
     * The clock, for tests.
     *
     * @param ticker a monotonic clock
     * @return this
     */
    public TieredCacheBuilder<K, V> ticker(Ticker ticker) {
        this.ticker = Objects.requireNonNull(ticker, "ticker");
        return this;
    }

    /** Where tests hold the protocol. */
    TieredCacheBuilder<K, V> steps(Steps steps) {
        this.steps = steps;
        return this;
    }

    /**
     * Checks the settings and opens the cache. If Redis is away, it starts with tier 1 and the source.
     *
     * @return the cache; close it when it is no longer needed
     * @throws dev.holdfast.core.ConfigurationException with every setting that cannot work
     */
    public TieredCache<K, V> build() {
        SettingsCheck.of(this).orThrow();
        RedisLink redis = Objects.requireNonNull(link);
        Duration timeout = tier2Timeout != null ? tier2Timeout : defaultTimeout(redis);
        CacheSettings<K, V> settings = new CacheSettings<>(
                name,
                redis,
                keyPrefix,
                prefixDelimiter,
                keyCodec,
                maximumSize,
                weigher,
                new Freshness(
                        timeToLive,
                        longestTimeToLive(),
                        Jitter.of(jitter),
                        staleFor,
                        absentTimeToLive,
                        earlyRefresh,
                        softTimeout,
                        hardTimeout,
                        retryAfter),
                maxStale,
                leaseTime,
                replayWindow,
                heartbeat,
                timeout,
                maximumValueSize,
                compression,
                compressFrom,
                maximumBarriers,
                maximumJournal,
                maximumLoads,
                outagePolicy,
                requirePresent,
                tags,
                source,
                bulkSource,
                asyncLoader,
                executor,
                ticker,
                steps);
        return new CoherentCache<>(settings, codec != null ? codec : new NoCodec<>(name));
    }

    private Duration longestTimeToLive() {
        return maximumTimeToLive == null ? timeToLive : maximumTimeToLive;
    }

    private static Duration defaultTimeout(RedisLink redis) {
        Duration most = Duration.ofMillis(500);
        Duration own = redis.commandTimeout();
        return own.compareTo(most) < 0 ? own : most;
    }
}
