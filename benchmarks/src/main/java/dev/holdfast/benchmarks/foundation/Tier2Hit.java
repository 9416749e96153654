package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.ResultsDifferException;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.floor.LettuceFloor;
import java.time.Duration;
import java.util.List;

/**
 * A hit in tier 2, on one thread, beside a GET by raw Lettuce and the same decoding. Tier 1 holds one entry, and items are
 * read one after the other, so that none is found there.
 */
final class Tier2Hit implements Scenario {

    private static final Target TIME = Target.atMost("tier2-hit", 1.2);
    private static final Target COMMANDS = Target.exactly("tier2-hit-commands", 1);

    @Override
    public List<Target> targets() {
        return List.of(TIME, COMMANDS);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        String uri = session.redis().uri();
        try (LettuceFloor lettuce = new LettuceFloor(uri, items, CacheSide.CODEC);
                CacheSide cache = new CacheSide(uri, items, 1)) {
            cache.fill();
            for (int n = 0; n < Items.COUNT; n++) {
                Long key = items.key(n);
                if (!items.item(key).equals(cache.cache().get(key))
                        || !items.item(key).equals(lettuce.get(key))) {
                    throw new ResultsDifferException("item " + key + ": the cache has "
                            + cache.cache().get(key) + ", Redis has " + lettuce.get(key));
                }
            }
            Tier2Only only = new Tier2Only(cache.cache());
            Timed timed = Timed.calibrate(lettuce.gets(), Duration.ofMillis(25));
            session.report(
                    TIME,
                    PairedRun.named("hit in tier 2")
                            .subject("TieredCache.get", timed.side(cache.gets()))
                            .baseline("GET + decode", timed.side(lettuce.gets()))
                            .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(8)))
                            .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(25)), 50)
                            .run(),
                    "ns");
            only.check();
        }
        session.report(
                COMMANDS,
                CommandsPerRead.count(session.redis(), items, 100, 1, CacheSide::gets),
                "commands per hit in tier 2");
    }
}
