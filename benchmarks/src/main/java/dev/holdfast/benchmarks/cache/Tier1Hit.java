package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Allocations;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Items;
import java.time.Duration;
import java.util.List;

/** A hit in tier 1, on one thread, beside raw Caffeine with {@code expireAfterWrite}. */
public final class Tier1Hit implements Scenario {

    private static final int COUNTED = 2_000_000;

    private final Target time;
    private final Target bytes;

    /**
     * Sets the targets.
     *
     * @param time per hit over that of Caffeine
     * @param bytes allocated per hit
     */
    public Tier1Hit(Target time, Target bytes) {
        this.time = time;
        this.bytes = bytes;
    }

    @Override
    public List<Target> targets() {
        return List.of(time, bytes);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        CaffeineFloor caffeine = new CaffeineFloor(items);
        try (CacheSide cache = new CacheSide(session.redis().uri(), items, Items.MAXIMUM_SIZE)) {
            cache.fill();
            Tier1Only only = new Tier1Only(cache, items);
            session.settle();
            Work hits = cache.hits();
            Timed timed = Timed.calibrate(caffeine.hits(), Duration.ofMillis(10));
            session.report(
                    time,
                    PairedRun.named("hit in tier 1")
                            .subject("TieredCache.get", timed.cpuSide(hits))
                            .baseline("Caffeine.getIfPresent", timed.cpuSide(caffeine.hits()))
                            .warmUp(session.pick(Duration.ofMillis(1500), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(20)), 50)
                            .run(),
                    "ns");
            session.report(bytes, (double) Allocations.bytesPerOperation(hits, COUNTED), "bytes allocated per hit");
            only.check();
            caffeine.verify(items);
        }
    }
}
