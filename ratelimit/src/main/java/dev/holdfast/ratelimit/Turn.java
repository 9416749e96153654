package dev.holdfast.ratelimit;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One check that shares a call with others; completes with its decision, never exceptionally. */
final class Turn extends CompletableFuture<Decision> {
    final long cost;
    final long arrived;

    /** Whether the call has been sent that this check is part of: then it may be charged. */
    volatile boolean sent;

    /** The next in the queue; guarded by the line. */
    @Nullable
    Turn next;

    Turn(long cost, long arrived) {
        this.cost = cost;
        this.arrived = arrived;
    }
}
