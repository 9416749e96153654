package dev.holdfast.cache;

import dev.holdfast.core.Jitter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long values live and what happens near their end; {@link TieredCacheBuilder} documents each. */
record Freshness(
        Duration timeToLive,
        Duration maximumTimeToLive,
        Jitter jitter,
        Duration staleFor,
        Duration absentTimeToLive,
        double earlyRefresh,
        @Nullable Duration softTimeout,
        @Nullable Duration hardTimeout,
        Duration retryAfter) {

    /** How long a barrier must be kept to outlive every value it fences, one that is still being loaded included. */
    Duration longestLife(Duration leaseTime) {
        Duration life = maximumTimeToLive.plus(staleFor);
        return (life.compareTo(absentTimeToLive) < 0 ? absentTimeToLive : life).plus(leaseTime);
    }

    /** Whether loads run beside their callers, who may have to go on without them. */
    boolean timed() {
        return hardTimeout != null || (softTimeout != null && !staleFor.isZero());
    }
}
