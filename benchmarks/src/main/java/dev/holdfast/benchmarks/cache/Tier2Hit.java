package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.peer.Peer;
import java.util.List;

/**
 * A hit in tier 2, on one thread, beside a GET by raw Lettuce and the same decoding, and beside peers. Tier 1 holds one
 * entry, and items are read one after the other, so that none is found there.
 */
public final class Tier2Hit implements Scenario {

    private final Target time;
    private final Target commands;
    private final List<Peer.Opener> peers;

    /**
     * Sets the targets.
     *
     * @param time median latency over that of the raw client
     * @param commands that Redis executes per hit
     * @param peers to measure beside, without a target
     */
    public Tier2Hit(Target time, Target commands, List<Peer.Opener> peers) {
        this.time = time;
        this.commands = commands;
        this.peers = peers;
    }

    @Override
    public List<Target> targets() {
        return List.of(time, commands);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        try (Tier2Comparison comparison = new Tier2Comparison(session, items)) {
            comparison.cache().verify(items);
            comparison.lettuce().verify(items);
            comparison.run(time, "hit in tier 2", reader -> reader.gets(items), "GET + decode");
            for (Peer.Opener opener : peers) {
                comparison.beside(opener, "hit in tier 2", reader -> reader.gets(items), peer -> peer.verify(items));
            }
        }
        session.report(
                commands,
                CommandsPerRead.count(session.redis(), items, 100, 1, side -> side.gets(items)),
                "commands per hit in tier 2");
    }
}
