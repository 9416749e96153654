package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.peer.Peer;
import java.time.Duration;
import java.util.List;

/** Hits in tier 1 on two threads beside raw Caffeine, and on one thread beside peers. */
final class Tier1HitBesides implements Scenario {

    private static final Target TWO_THREADS = Target.atMost("tier1-hit-2-threads", 1.2);
    private static final Target JETCACHE = Target.atLeast("tier1-hit-peers-jetcache", 5);
    private static final Target REDISSON = Target.atLeast("tier1-hit-peers-redisson", 6);

    @Override
    public List<Target> targets() {
        return List.of(TWO_THREADS, JETCACHE, REDISSON);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        try (CacheSide cache = new CacheSide(session.redis().uri(), items, Items.MAXIMUM_SIZE)) {
            cache.fill();
            Tier1Only only = new Tier1Only(cache, items);
            twoThreads(session, items, cache.hits());
            peer(session, JETCACHE, Peer.JETCACHE, items, cache.hits());
            peer(session, REDISSON, Peer.REDISSON, items, cache.hits());
            only.check();
        }
    }

    private static void twoThreads(Session session, Items items, Work ofCache) throws Exception {
        CaffeineFloor caffeine = new CaffeineFloor(items);
        session.settle();
        try (Crew crew = new Crew(2)) {
            int operations =
                    Timed.calibrate(caffeine.hits(), Duration.ofMillis(10)).operations();
            session.report(
                    TWO_THREADS,
                    PairedRun.named("hit in tier 1, two threads")
                            .subject("TieredCache.get", crew.cpuSide(ofCache, operations))
                            .baseline("Caffeine.getIfPresent", crew.cpuSide(caffeine.hits(), operations))
                            .warmUp(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofMillis(2500), Duration.ofSeconds(20)), 50)
                            .run(),
                    "ns");
        }
    }

    /** Time per hit of the peer over that of the cache: the hits per second of the cache over those of the peer. */
    private static void peer(Session session, Target target, Peer.Opener opener, Items items, Work ofCache)
            throws Exception {
        try (Peer peer = opener.open(session.redis().uri(), items, CacheSide.CODEC, Items.MAXIMUM_SIZE)) {
            peer.verify(items);
            session.settle();
            // Long enough for the cache, which is several times faster, to find its entries in the processor's caches
            // again.
            Timed timed = Timed.of(
                    3 * Timed.calibrate(peer.hits(items), Duration.ofMillis(20)).operations());
            session.report(
                    target,
                    PairedRun.named("hit in the process, peer")
                            .subject(peer.toString(), timed.cpuSide(peer.hits(items)))
                            .baseline("TieredCache.get", timed.cpuSide(ofCache))
                            .warmUp(session.pick(Duration.ofMillis(800), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofMillis(2500), Duration.ofSeconds(20)), 20)
                            .run(),
                    "ns");
        }
    }
}
