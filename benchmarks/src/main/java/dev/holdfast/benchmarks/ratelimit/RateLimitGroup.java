package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Group;
import java.util.List;

/** The group {@code ratelimit}. */
public final class RateLimitGroup {

    private RateLimitGroup() {}

    /** What a check costs beside raw commands, and how many there are a second beside peers. */
    public static Group group() {
        return new Group(
                "ratelimit",
                "the rate limiter against raw clients, Bucket4j and Redisson",
                List.of(
                        new CheckLatency(),
                        new CommandsPerCheck(),
                        new HotKey(),
                        new HotKeyAsync(),
                        new ManyKeys(),
                        new DeniedCheck(),
                        new LocalCheck()));
    }
}
