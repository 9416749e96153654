package dev.holdfast.cache;

import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Says how a cache is from what it knows; asks nobody. */
final class CacheProbe implements HealthProbe {
    private final String name;
    private final Supplier<LinkState> link;
    private final BooleanSupplier tier2Open;
    private final LongSupplier silentMillis;
    private final LongSupplier behindMicros;
    private final IntSupplier journal;
    private final IntSupplier pending;
    private final IntSupplier barriers;
    private final Supplier<CacheStats> stats;

    CacheProbe(
            String cache,
            Supplier<LinkState> link,
            BooleanSupplier tier2Open,
            LongSupplier silentMillis,
            LongSupplier behindMicros,
            IntSupplier journal,
            IntSupplier pending,
            IntSupplier barriers,
            Supplier<CacheStats> stats) {
        this.name = "cache." + cache.toLowerCase(Locale.ROOT).replace('_', '-');
        this.link = link;
        this.tier2Open = tier2Open;
        this.silentMillis = silentMillis;
        this.behindMicros = behindMicros;
        this.journal = journal;
        this.pending = pending;
        this.barriers = barriers;
        this.stats = stats;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Reading check() {
        LinkState state = link.get();
        boolean local = state == LinkState.DISABLED;
        boolean open = tier2Open.getAsBoolean();
        CacheStats now = stats.get();
        return base(local, open)
                .with("tier2", local ? "disabled" : open ? "open" : "closed")
                .with("secondsSinceContact", local ? 0L : silentMillis.getAsLong() / 1_000)
                .with("microsBehind", local ? 0L : behindMicros.getAsLong())
                .with("journal", journal.getAsInt())
                .with("pending", pending.getAsInt())
                .with("barriers", barriers.getAsInt())
                .with("hitRate", now.hitRate())
                .with("tier1Size", now.tier1Size())
                .with("staleServed", now.staleServed());
    }

    private static Reading base(boolean local, boolean open) {
        if (local || open) {
            return Reading.of(Status.UP, "");
        }
        return Reading.of(
                Status.DEGRADED, "tier 2 is not in use: reads go to tier 1 and the source, invalidations are queued");
    }
}
