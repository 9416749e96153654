package dev.holdfast.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * Refusals that are still true, so that subjects which go on asking cost no call.
 *
 * <p>A refusal is true until the time at which it was asked for plus its wait, for the same cost or more, unless permits are
 * given back, counters reset or limits raised: here that is noticed at once, elsewhere an entry ends after a second.
 */
final class DenyCache {
    private static final long LONGEST_NANOS = 1_000_000_000L;

    /** One refusal. */
    static final class Refusal extends Table.Entry {
        private final ActivePlan plan;
        private final long cost;
        private final long until;
        private final long answered;
        private final long wait;
        private final long[] state;
        private final long lead;
        /** Microseconds of a block, which holds for any cost; 0 if there is none. */
        private final long blocked;

        Refusal(
                Subject subject,
                ActivePlan plan,
                long cost,
                long asked,
                long answered,
                long wait,
                long[] state,
                long lead,
                long blocked) {
            super(subject, plan.scope());
            this.plan = plan;
            this.cost = cost;
            // When a block ends, a refusal by the limits has to be counted again.
            this.until = asked + 1_000 * Math.min(LONGEST_NANOS / 1_000, blocked > 0 ? blocked : wait);
            this.answered = answered;
            this.wait = wait;
            this.state = state;
            this.lead = lead;
            this.blocked = blocked;
        }

        @Override
        long worth(long now) {
            return until - now;
        }
    }

    private final @Nullable Table<Refusal> refusals;

    /** @param capacity how many; 0 for none */
    DenyCache(int capacity) {
        refusals = capacity == 0 ? null : new Table<>(capacity);
    }

    /** The refusal that a check would get at a time in nanoseconds, if that is known. */
    @Nullable
    Decision find(ActivePlan plan, Subject subject, long cost, long now) {
        if (refusals == null) {
            return null;
        }
        Refusal known = refusals.get(subject, plan.scope());
        if (known == null || known.plan != plan || known.until - now <= 0) {
            return null;
        }
        if (cost != known.cost && known.blocked == 0) {
            return null; // If it is more, that is true as well, but its wait is longer than what is known here.
        }
        long wait = cost == known.cost
                ? known.wait
                : Math.max(known.blocked, known.lead + plan.terms().waitMicros(known.state, cost));
        long since = (now - known.answered) / 1_000;
        return new Decision(
                known.blocked > 0 ? Decision.Source.PENALTY : Decision.Source.DENY_CACHE,
                plan,
                plan.terms(),
                cost,
                0,
                false,
                known.lead - since,
                Math.max(1, wait - since),
                known.state,
                0);
    }

    void put(Refusal refusal, long now) {
        if (refusals != null && refusal.until - now > 0) {
            refusals.put(refusal, now);
        }
    }

    void remove(ActivePlan plan, Subject subject) {
        if (refusals != null) {
            refusals.remove(subject, plan.scope());
        }
    }
}
