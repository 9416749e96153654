package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.Group;
import java.util.List;

/** The group {@code foundation}. */
public final class Foundation {

    private Foundation() {}

    /** What the cache adds to the raw clients, and what it gains a shop. */
    public static Group group() {
        return new Group(
                "foundation",
                "the cache against raw Caffeine and raw Lettuce, the shop against itself",
                List.of(new Tier1Hit(), new Tier2Hit(), new GetAll(), new Shop()));
    }
}
