package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.Allocations;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.ResultsDifferException;
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
final class Tier1Hit implements Scenario {

    private static final Target TIME = Target.atMost("tier1-hit", 1.3);
    private static final Target BYTES = Target.exactly("tier1-hit-bytes", 0);
    private static final int COUNTED = 2_000_000;

    @Override
    public List<Target> targets() {
        return List.of(TIME, BYTES);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        CaffeineFloor caffeine = new CaffeineFloor(items);
        try (CacheSide cache = new CacheSide(session.redis().uri(), items, Items.MAXIMUM_SIZE)) {
            cache.fill();
            compare(items, cache, caffeine);
            Work hits = cache.hits();
            Timed timed = Timed.calibrate(caffeine.hits(), Duration.ofMillis(10));
            session.report(
                    TIME,
                    PairedRun.named("hit in tier 1")
                            .subject("TieredCache.get", timed.cpuSide(hits))
                            .baseline("Caffeine.getIfPresent", timed.cpuSide(caffeine.hits()))
                            .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(20)), 50)
                            .run(),
                    "ns");
            long misses = cache.cache().stats().misses() + cache.cache().stats().tier2Hits();
            session.report(BYTES, (double) Allocations.bytesPerOperation(hits, COUNTED), "bytes allocated per hit");
            if (cache.cache().stats().misses() + cache.cache().stats().tier2Hits() != misses) {
                throw new IllegalStateException(
                        "not all of these were hits in tier 1: " + cache.cache().stats());
            }
            compare(items, cache, caffeine);
        }
    }

    private static void compare(Items items, CacheSide cache, CaffeineFloor caffeine) {
        for (int n = 0; n < Items.COUNT; n++) {
            Long key = items.key(n);
            if (!items.item(key).equals(cache.cache().get(key))
                    || !items.item(key).equals(caffeine.get(key))) {
                throw new ResultsDifferException("item " + key + ": the cache has "
                        + cache.cache().get(key) + ", Caffeine has " + caffeine.get(key));
            }
        }
    }
}
