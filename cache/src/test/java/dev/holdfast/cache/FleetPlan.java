package dev.holdfast.cache;

import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;

/** What a seed decides before a run begins: the settings of the caches and what kinds of faults may strike. */
final class FleetPlan {
    /** More than a run takes, so that only a jump of a clock ends it. */
    static final Duration MAX_STALE = Duration.ofSeconds(20);

    static final Duration JUMP = MAX_STALE.plusSeconds(1);

    /** How long barriers of keys are kept where they are kept as briefly as can be: for a lease. */
    static final Duration BRIEF_MEMORY = Duration.ofMillis(200);

    final long seed;

    /** Whether Redis is set back to earlier states; then journals must remember. */
    final boolean rollsBack;

    /** Barriers of keys are forgotten early, so that only leases and deletions fence them. */
    final boolean forgetful;

    final boolean stale;
    final boolean pauses;
    final boolean async;

    /** Keys are invalidated one by one: barriers of tags and prefixes would hide what else is wrong. */
    final boolean narrow;

    private final boolean timed;
    private final boolean small;
    private final boolean tight;
    private final boolean brief;
    private final boolean leasesAlone;

    /** What a run is about, whatever its seed says. */
    enum About {
        ANYTHING,
        LOST_TAILS,
        FORGOTTEN_BARRIERS
    }

    FleetPlan(long seed, About about) {
        this.seed = seed;
        Random random = new Random(seed);
        boolean back = random.nextInt(3) == 0;
        boolean forget = random.nextInt(3) == 0;
        rollsBack = about == About.LOST_TAILS || (back && about == About.ANYTHING);
        forgetful = about == About.FORGOTTEN_BARRIERS || (forget && !rollsBack);
        boolean mayBeStale = random.nextInt(3) == 0;
        boolean mayBeTimed = random.nextInt(3) == 0;
        pauses = random.nextBoolean() || about == About.FORGOTTEN_BARRIERS;
        async = random.nextInt(4) == 0;
        boolean mayBeSmall = random.nextInt(5) == 0;
        boolean mayBeTight = random.nextInt(4) == 0;
        boolean mayBeBrief = random.nextInt(4) == 0;
        boolean oneByOne = random.nextBoolean();
        // Whatever else invalidates, ends or hides a value would do the work of the leases too.
        leasesAlone = about == About.FORGOTTEN_BARRIERS;
        stale = mayBeStale && !leasesAlone;
        timed = mayBeTimed && !leasesAlone;
        small = mayBeSmall && !leasesAlone;
        tight = mayBeTight && !leasesAlone;
        brief = mayBeBrief && !leasesAlone;
        narrow = oneByOne || leasesAlone;
    }

    String cacheName() {
        return "run" + seed;
    }

    UnaryOperator<TieredCacheBuilder<String, String>> settings(VersionedSource source) {
        return builder -> {
            builder.tags(VersionedSource::tags)
                    .loader(source::load)
                    .bulkLoader(source::loadAll)
                    .cacheAbsent(Duration.ofSeconds(30))
                    .retryAfter(Duration.ofMillis(5))
                    .heartbeat(Duration.ofMillis(40))
                    .tier2Timeout(Duration.ofMillis(150))
                    .maxStale(MAX_STALE)
                    .leaseTime(Duration.ofMillis(200))
                    .replayWindow(forgetful ? BRIEF_MEMORY : Duration.ofMinutes(10))
                    .timeToLive(brief ? Duration.ofMillis(300) : Duration.ofMinutes(10))
                    .whenRedisAway(OutagePolicy.THROW)
                    .maximumSize(small || leasesAlone ? 6 : 1_000)
                    .maximumLoads(tight ? 2 : 256);
            if (stale) {
                builder.staleFor(Duration.ofMinutes(5)).softTimeout(Duration.ofMillis(4));
            }
            if (timed) {
                builder.hardTimeout(Duration.ofMillis(500));
            }
            if (small) {
                builder.maximumJournal(12).maximumBarriers(24);
            }
            return builder;
        };
    }

    @Override
    public String toString() {
        return "seed " + seed + (rollsBack ? " rollsBack" : "") + (forgetful ? " forgetful" : "")
                + (stale ? " stale" : "") + (timed ? " timed" : "") + (pauses ? " pauses" : "")
                + (async ? " async" : "") + (small ? " small" : "") + (tight ? " tight" : "") + (brief ? " brief" : "")
                + (narrow ? " narrow" : "");
    }
}
