package dev.holdfast.cache.revocation;

import dev.holdfast.cache.OutagePolicy;
import dev.holdfast.core.Problems;
import dev.holdfast.core.redis.RedisLink;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link RevocationList}; not thread-safe, checked as a whole by {@link #build()}. */
public final class RevocationListBuilder {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

    final String name;
    private @Nullable RedisLink link;
    private @Nullable WhenUnknown whenUnknown;
    private @Nullable Duration maximumTokenLife;
    String keyPrefix = "hf";
    OutagePolicy outagePolicy = OutagePolicy.QUEUE;
    Duration maxStale = Duration.ofMinutes(1);
    Duration replayWindow = Duration.ofMinutes(5);
    int maximumHeld = 10_000;
    long maximumBytes = 64 << 20;
    Clock clock = Clock.systemUTC();

    RevocationListBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * The link to Redis, where the list lives. Required; {@link RedisLink#disabled()} means that this node has a list of its
     * own, on purpose. The server should keep what it holds: no {@code allkeys-*} eviction, and persistence or a replica.
     *
     * @param link a link, which the list does not close
     * @return this
     */
    public RevocationListBuilder redis(RedisLink link) {
        this.link = Objects.requireNonNull(link, "link");
        return this;
    }

    /**
     * What to say about a token while Redis is away and this node's copy is too old. Required: neither choice is right for
     * everybody.
     *
     * @param whenUnknown {@link WhenUnknown#ACCEPT open} or {@link WhenUnknown#REJECT closed}
     * @return this
     */
    public RevocationListBuilder whenUnknown(WhenUnknown whenUnknown) {
        this.whenUnknown = Objects.requireNonNull(whenUnknown, "whenUnknown");
        return this;
    }

    /**
     * The longest life of a token. Required, the same on every node: it bounds how long a revocation is kept, and tells how
     * long {@link RevocationList#revokeSubject} must hold.
     *
     * @param maximumTokenLife 1 s to 10 years, at least as long as the issuer gives
     * @return this
     */
    public RevocationListBuilder maximumTokenLife(Duration maximumTokenLife) {
        this.maximumTokenLife = Objects.requireNonNull(maximumTokenLife, "maximumTokenLife");
        return this;
    }

    /**
     * What every Redis key begins with, {@code hf} by default. The same on every node.
     *
     * @param keyPrefix letters, digits, dots, colons, dashes and underscores
     * @return this
     */
    public RevocationListBuilder keyPrefix(String keyPrefix) {
        this.keyPrefix = Objects.requireNonNull(keyPrefix, "keyPrefix");
        return this;
    }

    /**
     * What a revocation does when Redis cannot be reached, besides being queued; {@link OutagePolicy#QUEUE} by default.
     *
     * @param policy whether to throw {@link RevocationPendingException} then
     * @return this
     */
    public RevocationListBuilder whenRedisAway(OutagePolicy policy) {
        this.outagePolicy = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * How long a node that lost contact with Redis goes on answering from its copy, before {@link #whenUnknown} decides; 1
     * minute by default.
     *
     * @param maxStale 1 s to 1 day
     * @return this
     */
    public RevocationListBuilder maxStale(Duration maxStale) {
        this.maxStale = Objects.requireNonNull(maxStale, "maxStale");
        return this;
    }

    /**
     * How long this node remembers what it has sent, to send it again after a failover that may have lost it; 5 minutes by
     * default.
     *
     * @param replayWindow 10 s to 1 day, longer than a failover and a reconnect take
     * @return this
     */
    public RevocationListBuilder replayWindow(Duration replayWindow) {
        this.replayWindow = Objects.requireNonNull(replayWindow, "replayWindow");
        return this;
    }

    /**
     * Bounds the revocations that this node holds because Redis has not taken them yet, about 200 bytes each; 10,000 by
     * default. With Redis disabled it holds all of them. Beyond it {@link RevocationRefusedException} is thrown.
     *
     * @param revocations at least 1
     * @return this
     */
    public RevocationListBuilder maximumHeld(int revocations) {
        this.maximumHeld = revocations;
        return this;
    }

    /**
     * Bounds this node's copy, 24 bytes per revocation and 2 MB on top; 64 MB by default, enough for 2.5 million. What does
     * not fit is read from Redis when it is asked for.
     *
     * @param bytes at least 4 MB
     * @return this
     */
    public RevocationListBuilder maximumBytes(long bytes) {
        this.maximumBytes = bytes;
        return this;
    }

    /**
     * The wall clock, for tests.
     *
     * @param clock says when tokens expire
     * @return this
     */
    public RevocationListBuilder clock(Clock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        return this;
    }

    RedisLink link() {
        return Objects.requireNonNull(link);
    }

    WhenUnknown whenUnknown() {
        return Objects.requireNonNull(whenUnknown);
    }

    Duration maximumTokenLife() {
        return Objects.requireNonNull(maximumTokenLife);
    }

    /**
     * Checks the settings and opens the list. If Redis is away, it starts without.
     *
     * @return the list; close it when it is no longer needed
     * @throws dev.holdfast.core.ConfigurationException with every setting that cannot work
     */
    public RevocationList build() {
        check().orThrow();
        return new RevocationList(this);
    }

    private Problems check() {
        Problems problems = Problems.of("revocation list '" + name + "'");
        problems.require(
                NAME.matcher(name).matches(),
                "revocation.name",
                "name",
                name,
                "is part of Redis keys and metrics",
                "use 1 to 100 letters, digits, dots, dashes or underscores");
        problems.require(
                PREFIX.matcher(keyPrefix).matches(),
                "revocation.keyPrefix",
                "keyPrefix",
                keyPrefix,
                "is part of Redis keys",
                "use 1 to 100 letters, digits, dots, colons, dashes or underscores");
        problems.require(
                link != null,
                "revocation.redis",
                "redis",
                "",
                "is not set",
                "pass a RedisLink, or RedisLink.disabled()");
        problems.require(
                whenUnknown != null,
                "revocation.whenUnknown",
                "whenUnknown",
                "",
                "is not set, so nobody has decided about tokens while Redis is away",
                "choose WhenUnknown.REJECT to keep revoked tokens out, or ACCEPT to keep users in");
        if (maximumTokenLife == null) {
            problems.require(
                    false,
                    "revocation.maximumTokenLife",
                    "maximumTokenLife",
                    "",
                    "is not set, so nothing bounds how long a revocation is kept",
                    "set the longest life that the issuer gives to tokens");
        } else {
            within(problems, "maximumTokenLife", maximumTokenLife, Duration.ofSeconds(1), Duration.ofDays(3_660));
        }
        within(problems, "maxStale", maxStale, Duration.ofSeconds(1), Duration.ofDays(1));
        within(problems, "replayWindow", replayWindow, Duration.ofSeconds(10), Duration.ofDays(1));
        problems.require(
                maximumHeld >= 1,
                "revocation.maximumHeld",
                "maximumHeld",
                maximumHeld,
                "is not positive",
                "use e.g. 10000");
        problems.require(
                maximumBytes >= 4L << 20,
                "revocation.maximumBytes",
                "maximumBytes",
                maximumBytes,
                "is less than 4 MB, half of which empty buckets take",
                "use e.g. 64 << 20");
        return problems;
    }

    private static void within(Problems problems, String property, Duration value, Duration least, Duration most) {
        problems.require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                "revocation." + property,
                property,
                value,
                "is not within " + least + ".." + most,
                "choose a duration within these bounds");
    }
}
