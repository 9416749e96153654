package dev.holdfast.benchmarks.self;

import dev.holdfast.benchmarks.Group;
import java.util.List;

/** The group {@code self}. */
public final class SelfCheck {

    private SelfCheck() {}

    /** Both must pass on a machine whose ratios are to be believed. */
    public static Group group() {
        return new Group(
                "self",
                "the harness against itself: a raw client on both sides, and one side made to do twice the work",
                List.of(new SameCaffeine()));
    }
}
