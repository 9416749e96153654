package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.ResultsDifferException;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.floor.Item;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.floor.LettuceFloor;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** 100 items at a time from tier 2, on one thread, beside an MGET by raw Lettuce and the same decoding. */
final class GetAll implements Scenario {

    private static final Target TIME = Target.atMost("getall-100", 1.3);
    private static final Target COMMANDS = Target.exactly("getall-100-commands", 1);
    private static final int ROW = 100;

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
            for (int n = 0; n < Items.COUNT / ROW; n++) {
                List<Long> keys = items.row(n, ROW);
                Map<Long, Item> ofCache = cache.cache().getAll(keys);
                Map<Long, Item> ofLettuce = lettuce.getAll(keys);
                if (!ofCache.equals(ofLettuce) || ofCache.size() != ROW) {
                    throw new ResultsDifferException(
                            "row " + n + ": the cache has " + ofCache + ", Redis has " + ofLettuce);
                }
            }
            Tier2Only only = new Tier2Only(cache.cache());
            Timed timed = Timed.calibrate(lettuce.rows(ROW), Duration.ofMillis(25));
            session.report(
                    TIME,
                    PairedRun.named("100 items from tier 2")
                            .subject("TieredCache.getAll", timed.side(cache.rows(ROW)))
                            .baseline("MGET + decode", timed.side(lettuce.rows(ROW)))
                            .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(8)))
                            .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(25)), 50)
                            .run(),
                    "ns");
            only.check();
        }
        session.report(
                COMMANDS,
                CommandsPerRead.count(session.redis(), items, 2, ROW, side -> side.rows(ROW)),
                "commands per getAll of 100 items in tier 2");
    }
}
