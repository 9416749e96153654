package dev.holdfast.cache.warming;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.Jitter;
import dev.holdfast.core.Problems;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link CacheWarmer}; not thread-safe, checked as a whole by {@link #start()}.
 *
 * @param <K> the key type
 */
public final class CacheWarmerBuilder<K> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

    final TieredCache<K, ?> cache;
    private @Nullable KeySource<K> keys;
    private @Nullable RedisLink link;
    private @Nullable Duration quietTime;

    @Nullable
    Duration every;

    String name = "warm";
    String keyPrefix = "hf";
    Duration startDelay = Duration.ofSeconds(5);
    Duration leaseTime = Duration.ofSeconds(30);
    double jitter = 0.1;
    int chunkSize = 100;
    int keysPerSecond = 1_000;
    long maximumKeys = 10_000;
    Consumer<? super WarmProgress> listener = progress -> {};
    Ticker ticker = Ticker.system();

    CacheWarmerBuilder(TieredCache<K, ?> cache) {
        this.cache = Objects.requireNonNull(cache, "cache");
    }

    /**
     * Which keys to warm. Required.
     *
     * @param keys most important first
     * @return this
     */
    public CacheWarmerBuilder<K> keys(KeySource<K> keys) {
        this.keys = Objects.requireNonNull(keys, "keys");
        return this;
    }

    /**
     * The link to Redis, where the fleet agrees on who warms. Required; with {@link RedisLink#disabled()} every node does.
     *
     * @param link a link, which the warmer does not close
     * @return this
     */
    public CacheWarmerBuilder<K> redis(RedisLink link) {
        this.link = Objects.requireNonNull(link, "link");
        return this;
    }

    /**
     * Names the warmer, if a cache has several; {@code warm} by default. The same on every node.
     *
     * @param name letters, digits, dots, dashes and underscores
     * @return this
     */
    public CacheWarmerBuilder<K> name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * What the lease's Redis key begins with, {@code hf} by default. The same on every node.
     *
     * @param keyPrefix letters, digits, dots, colons, dashes and underscores
     * @return this
     */
    public CacheWarmerBuilder<K> keyPrefix(String keyPrefix) {
        this.keyPrefix = Objects.requireNonNull(keyPrefix, "keyPrefix");
        return this;
    }

    /**
     * How long after {@link #start()} the first pass begins; 5 s by default, so that the start itself is not slowed.
     *
     * @param startDelay 0 to 1 day
     * @return this
     */
    public CacheWarmerBuilder<K> startDelay(Duration startDelay) {
        this.startDelay = Objects.requireNonNull(startDelay, "startDelay");
        return this;
    }

    /**
     * How long after a pass the next begins; by default there is only the first. A pass fills what is missing; it does not
     * refresh what is there.
     *
     * @param every 1 s to 30 days
     * @return this
     */
    public CacheWarmerBuilder<K> every(Duration every) {
        this.every = Objects.requireNonNull(every, "every");
        return this;
    }

    /**
     * The largest part of a delay that is taken away at random, so that nodes do not all ask at once; 0.1 by default.
     *
     * @param fraction 0 to 1
     * @return this
     */
    public CacheWarmerBuilder<K> jitter(double fraction) {
        this.jitter = fraction;
        return this;
    }

    /**
     * How long a node that died while warming keeps others from it; 30 s by default. Renewed between chunks: one chunk must
     * not take longer.
     *
     * @param leaseTime 1 s to 1 hour
     * @return this
     */
    public CacheWarmerBuilder<K> leaseTime(Duration leaseTime) {
        this.leaseTime = Objects.requireNonNull(leaseTime, "leaseTime");
        return this;
    }

    /**
     * How long after a pass no node begins another by itself; by default half of {@link #every}, or 5 minutes, so that a
     * rolling start of the fleet warms once.
     *
     * @param quietTime 0 to 30 days
     * @return this
     */
    public CacheWarmerBuilder<K> quietTime(Duration quietTime) {
        this.quietTime = Objects.requireNonNull(quietTime, "quietTime");
        return this;
    }

    /**
     * How many keys one call to the cache asks for; 100 by default.
     *
     * @param keys 1 to 10,000
     * @return this
     */
    public CacheWarmerBuilder<K> chunkSize(int keys) {
        this.chunkSize = keys;
        return this;
    }

    /**
     * Bounds the keys of one pass; 10,000 by default.
     *
     * @param keys at least 1
     * @return this
     */
    public CacheWarmerBuilder<K> maximumKeys(long keys) {
        this.maximumKeys = keys;
        return this;
    }

    /**
     * Bounds the load on the source; 1,000 by default.
     *
     * @param keys at least 1
     * @return this
     */
    public CacheWarmerBuilder<K> keysPerSecond(int keys) {
        this.keysPerSecond = keys;
        return this;
    }

    /**
     * Told after each chunk, on the warmer's thread.
     *
     * @param listener must not block; if it throws, that is logged once per pass
     * @return this
     */
    public CacheWarmerBuilder<K> onProgress(Consumer<? super WarmProgress> listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * The clock, for tests.
     *
     * @param ticker a monotonic clock
     * @return this
     */
    public CacheWarmerBuilder<K> ticker(Ticker ticker) {
        this.ticker = Objects.requireNonNull(ticker, "ticker");
        return this;
    }

    KeySource<K> keys() {
        return Objects.requireNonNull(keys);
    }

    RedisLink link() {
        return Objects.requireNonNull(link);
    }

    Jitter jitter() {
        return Jitter.of(jitter);
    }

    Duration quietTime() {
        if (quietTime != null) {
            return quietTime;
        }
        return every == null ? Duration.ofMinutes(5) : every.dividedBy(2);
    }

    /**
     * Checks the settings and starts the warmer.
     *
     * @return the warmer; close it when the cache is closed
     * @throws dev.holdfast.core.ConfigurationException with every setting that cannot work
     */
    public CacheWarmer<K> start() {
        check().orThrow();
        CacheWarmer<K> warmer = new CacheWarmer<>(this);
        warmer.schedule(startDelay);
        return warmer;
    }

    private Problems check() {
        Problems problems = Problems.of("warmer '" + name + "' of cache '" + cache.name() + "'");
        problems.require(
                NAME.matcher(name).matches(),
                "warmer.name",
                "name",
                name,
                "is part of a Redis key",
                "use 1 to 100 letters, digits, dots, dashes or underscores");
        problems.require(
                PREFIX.matcher(keyPrefix).matches(),
                "warmer.keyPrefix",
                "keyPrefix",
                keyPrefix,
                "is part of a Redis key",
                "use 1 to 100 letters, digits, dots, colons, dashes or underscores");
        problems.require(
                keys != null,
                "warmer.keys",
                "keys",
                "",
                "is not set",
                "say which keys, for instance KeySource.listed(...)");
        problems.require(
                link != null, "warmer.redis", "redis", "", "is not set", "pass a RedisLink, or RedisLink.disabled()");
        problems.require(
                jitter >= 0 && jitter <= 1, "warmer.jitter", "jitter", jitter, "is not within 0..1", "use e.g. 0.1");
        within(problems, "startDelay", startDelay, Duration.ZERO, Duration.ofDays(1));
        within(problems, "leaseTime", leaseTime, Duration.ofSeconds(1), Duration.ofHours(1));
        if (every != null) {
            within(problems, "every", every, Duration.ofSeconds(1), Duration.ofDays(30));
        }
        if (quietTime != null) {
            within(problems, "quietTime", quietTime, Duration.ZERO, Duration.ofDays(30));
        }
        problems.require(
                chunkSize >= 1 && chunkSize <= 10_000,
                "warmer.chunkSize",
                "chunkSize",
                chunkSize,
                "is not within 1..10000",
                "use e.g. 100");
        problems.require(
                maximumKeys >= 1,
                "warmer.maximumKeys",
                "maximumKeys",
                maximumKeys,
                "is not positive",
                "use e.g. 10000");
        problems.require(
                keysPerSecond >= 1,
                "warmer.keysPerSecond",
                "keysPerSecond",
                keysPerSecond,
                "is not positive",
                "use e.g. 1000");
        if (keysPerSecond >= 1 && chunkSize >= 1) {
            problems.require(
                    chunkSize * 2L <= keysPerSecond * Math.max(1, leaseTime.toSeconds()),
                    "warmer.chunkSize.pace",
                    "chunkSize",
                    chunkSize,
                    "lasts longer at keysPerSecond " + keysPerSecond + " than half the leaseTime " + leaseTime
                            + ", so that the lease would end between chunks",
                    "lower chunkSize, or raise keysPerSecond or leaseTime");
        }
        return problems;
    }

    private static void within(Problems problems, String property, Duration value, Duration least, Duration most) {
        problems.require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                "warmer." + property,
                property,
                value,
                "is not within " + least + ".." + most,
                "choose a duration within these bounds");
    }
}
