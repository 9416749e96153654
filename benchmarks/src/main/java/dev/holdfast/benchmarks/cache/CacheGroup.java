package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Group;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.peer.Peer;
import java.util.List;

/** The group {@code cache}. */
public final class CacheGroup {

    private CacheGroup() {}

    /** What the cache costs beside raw clients and peers, and what a fleet of nodes pays for coherence. */
    public static Group group() {
        return new Group(
                "cache",
                "the cache against raw clients and peers, and the fleet against one node",
                List.of(
                        new Tier1Hit(Target.atMost("tier1-hit", 1.05), Target.exactly("tier1-alloc", 0)),
                        new Tier1HitBesides(),
                        Tier2Read.hit(Target.atMost("tier2-hit", 1.1), Target.exactly("commands-hit", 1), Peer.ALL),
                        Tier2Read.hundred(
                                Target.atMost("getall-100", 1.2), Target.exactly("commands-getall", 1), Peer.ALL),
                        new CommandsPerFill(),
                        new InvalidateTag(),
                        new Propagation(),
                        new Stampede()));
    }
}
