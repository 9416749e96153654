package dev.holdfast.cache;

import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next look at what another node is loading. */
final class PollPause {
    private static final long FIRST_NANOS = 2_000_000;
    private static final long LONGEST_NANOS = 250_000_000;

    private PollPause() {}

    /** A tenth to a fifth of what was waited already, so that the wait is never much longer than the load. */
    static long nanos(long waitedNanos) {
        long most = Math.min(LONGEST_NANOS, Math.max(FIRST_NANOS, waitedNanos / 5));
        return ThreadLocalRandom.current().nextLong(most / 2, most + 1);
    }

    /** How long a stale value is served without another look, while another node loads. */
    static long staleNanos() {
        return nanos(LONGEST_NANOS);
    }
}
