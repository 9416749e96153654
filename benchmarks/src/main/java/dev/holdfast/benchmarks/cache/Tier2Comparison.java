package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.ItemReader;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.floor.LettuceFloor;
import dev.holdfast.benchmarks.peer.Peer;
import java.time.Duration;
import java.util.function.Function;

/** The cache, whose tier 1 holds one entry, raw Lettuce, and peers, all reading the same items from Redis. */
final class Tier2Comparison implements AutoCloseable {

    /** What is done with a reader before it is measured. */
    interface Check {
        void verify(ItemReader reader) throws Exception;
    }

    private final Session session;
    private final Items items;
    private final LettuceFloor lettuce;
    private final CacheSide cache;

    Tier2Comparison(Session session, Items items) throws Exception {
        this.session = session;
        this.items = items;
        String uri = session.redis().uri();
        lettuce = new LettuceFloor(uri, items, CacheSide.CODEC);
        cache = new CacheSide(uri, items, 1);
        cache.fill();
    }

    CacheSide cache() {
        return cache;
    }

    LettuceFloor lettuce() {
        return lettuce;
    }

    /** Compares the cache with the raw client. */
    void run(Target target, String name, Function<ItemReader, Work> work, String baseline) throws Exception {
        Tier2Only only = new Tier2Only(cache.cache());
        Work raw = work.apply(lettuce);
        Timed timed = Timed.calibrate(raw, Duration.ofMillis(25));
        session.report(
                target,
                PairedRun.named(name)
                        .subject("TieredCache", timed.medianSide(work.apply(cache)))
                        .baseline(baseline, timed.medianSide(raw))
                        .warmUp(session.pick(Duration.ofMillis(1500), Duration.ofSeconds(8)))
                        .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(25)), 50)
                        .run(),
                "ns");
        only.check();
    }

    /** Compares a peer with the cache, and says what came of it. */
    void beside(Peer.Opener opener, String name, Function<ItemReader, Work> work, Check check) throws Exception {
        try (Peer peer = opener.open(session.redis().uri(), items, CacheSide.CODEC, 1)) {
            check.verify(peer);
            Work ofPeer = work.apply(peer);
            Timed timed = Timed.calibrate(ofPeer, Duration.ofMillis(25));
            session.progress(PairedRun.named(name + ", peer")
                    .subject(peer.toString(), timed.medianSide(ofPeer))
                    .baseline("TieredCache", timed.medianSide(work.apply(cache)))
                    .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(4)))
                    .measure(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(10)), 20)
                    .run()
                    .describe("ns"));
        }
    }

    @Override
    public void close() {
        cache.close();
        lettuce.close();
    }
}
