package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.Group;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.cache.Tier1Hit;
import dev.holdfast.benchmarks.cache.Tier2Read;
import java.util.List;

/** The group {@code foundation}. */
public final class Foundation {

    private Foundation() {}

    /** What the cache adds to the raw clients, and what it gains a shop. */
    public static Group group() {
        return new Group(
                "foundation",
                "the cache against raw Caffeine and raw Lettuce, the shop against itself",
                List.of(
                        new Tier1Hit(Target.atMost("tier1-hit", 1.3), Target.exactly("tier1-hit-bytes", 0)),
                        Tier2Read.hit(
                                Target.atMost("tier2-hit", 1.2), Target.exactly("tier2-hit-commands", 1), List.of()),
                        Tier2Read.hundred(
                                Target.atMost("getall-100", 1.3), Target.exactly("getall-100-commands", 1), List.of()),
                        new Shop()));
    }
}
