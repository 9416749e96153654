package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.benchmarks.peer.Peer;
import java.util.List;

/** 100 items at a time from tier 2, on one thread, beside an MGET by raw Lettuce and the same decoding, and beside peers. */
public final class GetAll implements Scenario {

    private static final int ROW = 100;

    private final Target time;
    private final Target commands;
    private final List<Peer.Opener> peers;

    /**
     * Sets the targets.
     *
     * @param time median latency over that of the raw client
     * @param commands that Redis executes per call
     * @param peers to measure beside, without a target
     */
    public GetAll(Target time, Target commands, List<Peer.Opener> peers) {
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
            comparison.cache().verifyRows(items, ROW);
            comparison.lettuce().verifyRows(items, ROW);
            comparison.run(time, "100 items from tier 2", reader -> reader.rows(items, ROW), "MGET + decode");
            for (Peer.Opener opener : peers) {
                comparison.beside(
                        opener,
                        "100 items from tier 2",
                        reader -> reader.rows(items, ROW),
                        peer -> peer.verifyRows(items, ROW));
            }
        }
        session.report(
                commands,
                CommandsPerRead.count(session.redis(), items, 2, ROW, side -> side.rows(items, ROW)),
                "commands per getAll of 100 items in tier 2");
    }
}
