package dev.holdfast.cache;

import dev.holdfast.core.Problems;
import dev.holdfast.core.redis.LinkState;
import java.time.Duration;
import java.util.regex.Pattern;

/** Every rule for the settings of a {@link TieredCacheBuilder}; all that are broken are told at once. */
final class SettingsCheck {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

    private final TieredCacheBuilder<?, ?> b;

    private SettingsCheck(TieredCacheBuilder<?, ?> builder) {
        this.b = builder;
    }

    /** Checks a builder as a whole. */
    static Problems of(TieredCacheBuilder<?, ?> builder) {
        return new SettingsCheck(builder).check();
    }

    private Problems check() {
        Problems problems = Problems.of("cache '" + b.name + "'");
        problems.require(
                NAME.matcher(b.name).matches(),
                "cache.name",
                "name",
                b.name,
                "is part of Redis keys and metrics",
                "use 1 to 100 letters, digits, dots, dashes or underscores");
        problems.require(
                PREFIX.matcher(b.keyPrefix).matches(),
                "cache.keyPrefix",
                "keyPrefix",
                b.keyPrefix,
                "is part of Redis keys",
                "use 1 to 100 letters, digits, dots, colons, dashes or underscores");
        problems.require(
                b.link != null, "cache.redis", "redis", "", "is not set", "pass a RedisLink, or RedisLink.disabled()");
        problems.require(
                b.codec != null || b.link == null || b.link.state() == LinkState.DISABLED,
                "cache.codec",
                "codec",
                "",
                "is not set, so tier 2 cannot hold values",
                "set codec(...), for instance JsonCodec.of(Product.class)");
        problems.require(
                b.maximumSize >= 1,
                "cache.maximumSize",
                b.weigher == null ? "maximumSize" : "maximumWeight",
                b.maximumSize,
                "tier 1 must be bounded by at least 1",
                "set maximumSize(entries) or maximumWeight(weight, weigher)");
        problems.require(
                b.jitter >= 0 && b.jitter <= 1,
                "cache.jitter",
                "jitter",
                b.jitter,
                "is not within 0..1",
                "use e.g. 0.1");
        within(problems, "timeToLive", b.timeToLive, Duration.ofMillis(1), Duration.ofDays(365));
        if (b.maximumTimeToLive != null) {
            within(problems, "maximumTimeToLive", b.maximumTimeToLive, b.timeToLive, Duration.ofDays(365));
        }
        within(problems, "cacheAbsent", b.absentTimeToLive, Duration.ZERO, Duration.ofDays(365));
        within(problems, "staleFor", b.staleFor, Duration.ZERO, Duration.ofDays(365));
        within(problems, "retryAfter", b.retryAfter, Duration.ZERO, Duration.ofHours(1));
        checkTimeouts(problems);
        problems.require(
                b.earlyRefresh >= 0 && b.earlyRefresh <= 100,
                "cache.earlyRefresh",
                "earlyRefresh",
                b.earlyRefresh,
                "is not within 0..100",
                "use 1, or 0 for none");
        problems.require(
                b.prefixDelimiter > ' '
                        && b.prefixDelimiter < 127
                        && b.prefixDelimiter != '%'
                        && b.prefixDelimiter != '{'
                        && b.prefixDelimiter != '}',
                "cache.prefixDelimiter",
                "prefixDelimiter",
                b.prefixDelimiter,
                "is not a printable ASCII character other than percent and braces",
                "use ':' or '/'");
        problems.require(
                b.maximumValueSize >= 1,
                "cache.maximumValueSize",
                "maximumValueSize",
                b.maximumValueSize,
                "is not positive",
                "use e.g. 1048576");
        problems.require(
                b.compression == null || b.compressFrom >= 1,
                "cache.compression",
                "compression.fromBytes",
                b.compressFrom,
                "is not positive",
                "use e.g. 1024");
        problems.require(
                b.compression == null || (b.compression.id() >= 1 && b.compression.id() <= 7),
                "cache.compression",
                "compression.id",
                b.compression == null ? 0 : b.compression.id(),
                "is not within 1..7, and the envelope has three bits for it",
                "give the compression another id()");
        problems.require(
                b.maximumLoads >= 1,
                "cache.maximumLoads",
                "maximumLoads",
                b.maximumLoads,
                "is not positive",
                "use e.g. 256");
        within(problems, "leaseTime", b.leaseTime, Duration.ofMillis(1), Duration.ofHours(1));
        within(problems, "heartbeat", b.heartbeat, Duration.ofMillis(10), Duration.ofMinutes(1));
        within(problems, "maxStale", b.maxStale, b.heartbeat, Duration.ofDays(1));
        within(problems, "replayWindow", b.replayWindow, b.leaseTime, Duration.ofDays(1));
        if (b.tier2Timeout != null) {
            within(problems, "tier2Timeout", b.tier2Timeout, Duration.ofMillis(1), Duration.ofMinutes(1));
        }
        problems.require(
                b.maximumJournal >= 1,
                "cache.maximumJournal",
                "maximumJournal",
                b.maximumJournal,
                "is not positive",
                "use e.g. 10000");
        problems.require(
                b.maximumBarriers / 2 >= b.maximumJournal,
                "cache.maximumBarriers",
                "maximumBarriers",
                b.maximumBarriers,
                "is less than twice maximumJournal " + b.maximumJournal + ", so that one reissue could overflow it",
                "raise maximumBarriers or lower maximumJournal");
        return problems;
    }

    private void checkTimeouts(Problems problems) {
        Duration hard = b.hardTimeout;
        Duration soft = b.softTimeout;
        if (hard != null) {
            within(problems, "hardTimeout", hard, Duration.ofMillis(1), Duration.ofHours(1));
        }
        if (soft != null) {
            within(problems, "softTimeout", soft, Duration.ofMillis(1), hard == null ? Duration.ofHours(1) : hard);
            problems.require(
                    !b.staleFor.isZero(),
                    "cache.softTimeout",
                    "softTimeout",
                    soft,
                    "has nothing stale to serve, since staleFor is not set",
                    "set staleFor(...), or use hardTimeout(...)");
        }
    }

    private static void within(Problems problems, String property, Duration value, Duration least, Duration most) {
        problems.require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                "cache." + property,
                property,
                value,
                "is not within " + least + ".." + most,
                "choose a duration within these bounds");
    }
}
