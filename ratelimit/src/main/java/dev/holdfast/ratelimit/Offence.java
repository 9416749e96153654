package dev.holdfast.ratelimit;

/**
 * What one subject has against it under a penalty; does what the script does with a penalty's key. Times are microseconds
 * of the clock that it is asked with.
 *
 * <p>Not thread-safe: guarded by the monitor of the entry of {@link Memory} that it belongs to.
 */
final class Offence {
    private static final long MOST_REFUSALS = 0xFFFF_FFFFL;

    private long ends;
    private int level;
    private long refusals;
    private long since;

    /** How long the subject is blocked; 0 if it is not. */
    long blocked(Penalty penalty, long clock) {
        // A look changes nothing. A block that is longer than any: the clock went back, or the plan has become milder.
        long left = ends - clock;
        return left > penalty.longestMicros() ? 0 : Math.max(0, left);
    }

    /**
     * Counts refusals by limits. While a block is in force they do not count.
     *
     * @return how long the subject is blocked now; 0 if it is not
     */
    long refused(Penalty penalty, long count, long clock) {
        long left = blocked(penalty, clock);
        if (left > 0) {
            return left;
        }
        value(penalty, clock);
        if (refusals == 0) {
            since = clock;
        }
        refusals = Math.min(MOST_REFUSALS, refusals + count);
        if (refusals < penalty.afterRefusals()) {
            return 0;
        }
        long longest = penalty.longestMicros();
        long length = longest >> level < penalty.firstMicros() ? longest : penalty.firstMicros() << level;
        if (length < longest) {
            level++;
        }
        ends = clock + length;
        refusals = 0;
        return length;
    }

    /** A block that was heard of elsewhere. */
    void heard(long micros, long clock) {
        ends = Math.max(ends, clock + micros);
    }

    /** When nothing is held against the subject any more. */
    long forgottenAt(Penalty penalty) {
        long calm = ends + level * penalty.forgetMicros();
        return refusals > 0 ? Math.max(calm, since + penalty.forgetMicros()) : calm;
    }

    private void value(Penalty penalty, long clock) {
        if (ends - clock > penalty.longestMicros()) {
            ends = clock;
        }
        since = Math.min(since, clock);
        long forget = penalty.forgetMicros();
        long calm = Math.max(0, clock - ends);
        if (calm >= forget) {
            int steps = (int) Math.min(level, calm / forget);
            level -= steps;
            ends += steps * forget;
        }
        if (clock - since >= forget) {
            refusals = 0;
        }
    }
}
