package dev.holdfast.ratelimit;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One check that shares a call with others; completes with its decision, never exceptionally. */
final class Turn extends CompletableFuture<Decision> {
    final long cost;
    final long arrived;

    /** Whether the call has been sent that this check is part of: then it may be charged. Written under the line's lock. */
    volatile boolean sent;

    /** Whether its caller gave up before it was sent; guarded by the line. */
    boolean withdrawn;

    /** The next in the queue; guarded by the line. */
    @Nullable
    Turn next;

    Turn(long cost, long arrived) {
        this.cost = cost;
        this.arrived = arrived;
    }
}
