package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.ItemReader;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.floor.LettuceFloor;
import dev.holdfast.benchmarks.peer.Peer;
import java.time.Duration;
import java.util.List;

/**
 * Reads from tier 2, on one thread, beside raw Lettuce and the same decoding, and beside peers. Tier 1 holds one entry, and
 * items are read one after the other, so that none is found there.
 */
public final class Tier2Read implements Scenario {

    private final Target time;
    private final Target commands;
    private final List<Peer.Opener> peers;
    private final String name;
    private final int row;
    private final int counted;

    private Tier2Read(Target time, Target commands, List<Peer.Opener> peers, String name, int row, int counted) {
        this.time = time;
        this.commands = commands;
        this.peers = peers;
        this.name = name;
        this.row = row;
        this.counted = counted;
    }

    /**
     * One item at a time, beside GET.
     *
     * @param time median latency over that of the raw client
     * @param commands that Redis executes per hit
     * @param peers to measure beside, without a target
     */
    public static Tier2Read hit(Target time, Target commands, List<Peer.Opener> peers) {
        return new Tier2Read(time, commands, peers, "hit in tier 2", 1, 100);
    }

    /**
     * 100 items at a time, beside MGET.
     *
     * @param time median latency over that of the raw client
     * @param commands that Redis executes per call
     * @param peers to measure beside, without a target
     */
    public static Tier2Read hundred(Target time, Target commands, List<Peer.Opener> peers) {
        return new Tier2Read(time, commands, peers, "100 items from tier 2", 100, 2);
    }

    @Override
    public List<Target> targets() {
        return List.of(time, commands);
    }

    private Work reads(ItemReader reader, Items items) {
        return row == 1 ? reader.gets(items) : reader.rows(items, row);
    }

    private void verify(ItemReader reader, Items items) throws Exception {
        if (row == 1) {
            reader.verify(items);
        } else {
            reader.verifyRows(items, row);
        }
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        String uri = session.redis().uri();
        try (CacheSide cache = new CacheSide(uri, items, 1)) {
            cache.fill();
            verify(cache, items);
            besideLettuce(session, items, cache);
            for (Peer.Opener opener : peers) {
                try (Peer peer = opener.open(uri, items, CacheSide.CODEC, 1)) {
                    verify(peer, items);
                    beside(session, items, cache, peer);
                }
            }
        }
        session.report(
                commands,
                CommandsPerRead.count(session.redis(), items, counted, row, side -> reads(side, items)),
                "commands per read of " + row + " in tier 2");
    }

    private void besideLettuce(Session session, Items items, CacheSide cache) throws Exception {
        try (LettuceFloor lettuce = new LettuceFloor(session.redis().uri(), items, CacheSide.CODEC)) {
            verify(lettuce, items);
            Tier2Only only = new Tier2Only(cache.cache());
            Work raw = reads(lettuce, items);
            Timed timed = Timed.calibrate(raw, Duration.ofMillis(25));
            session.report(
                    time,
                    PairedRun.named(name)
                            .subject("TieredCache", timed.medianSide(reads(cache, items)))
                            .baseline("Lettuce + decode", timed.medianSide(raw))
                            .warmUp(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(8)))
                            .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(25)), 50)
                            .run(),
                    "ns");
            only.check();
        }
    }

    private void beside(Session session, Items items, CacheSide cache, Peer peer) throws Exception {
        Work ofPeer = reads(peer, items);
        Timed timed = Timed.calibrate(ofPeer, Duration.ofMillis(25));
        session.progress(PairedRun.named(name + ", peer")
                .subject(peer.toString(), timed.medianSide(ofPeer))
                .baseline("TieredCache", timed.medianSide(reads(cache, items)))
                .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(4)))
                .measure(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(10)), 20)
                .run()
                .describe("ns"));
    }
}
