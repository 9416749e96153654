package dev.holdfast.ratelimit;

/**
 * What one subject has used, kept on this node; does what the script does with a key.
 *
 * <p>Guarded by its monitor, which is held for a few sums only and never while anything blocks.
 */
final class Account {
    private Terms terms;
    private long[] state;

    Account(Terms terms) {
        this.terms = terms;
        this.state = new long[terms.size()];
    }

    /**
     * Takes {@code cost} up to {@code count} times, or nothing.
     *
     * @param now current terms, which may differ from those of earlier calls
     * @param after gets the state after the decision, valued now
     * @return how often the cost was taken
     */
    synchronized long take(Terms now, long clock, long cost, long count, long patience, long[] after) {
        value(now, clock, after);
        long granted = count == 0 ? 0 : now.take(after, cost, count, patience);
        if (granted > 0) {
            keep(now, after);
        }
        return granted;
    }

    synchronized void refund(Terms now, long clock, long permits, long[] after) {
        value(now, clock, after);
        now.refund(after, permits);
        keep(now, after);
    }

    synchronized void force(Terms now, long clock, long[] amounts, long[] after) {
        value(now, clock, after);
        for (int i = 0; i < now.limits(); i++) {
            now.algorithm(i).force(after, now.offset(i), amounts[i]);
        }
        keep(now, after);
    }

    /** Replaces the state by one that is known from elsewhere. */
    synchronized void set(Terms now, long[] known) {
        terms = now;
        state = known.clone();
    }

    /** Microseconds until nothing is known of the subject that a new one would not have as well. */
    synchronized long resetMicros(long clock) {
        long[] valued = state.clone();
        terms.advance(valued, clock);
        return terms.resetMicros(valued);
    }

    /** A look changes nothing, not even the terms: each conversion would round again. */
    private void value(Terms now, long clock, long[] into) {
        System.arraycopy(now == terms ? state : now.adopt(terms, state, clock), 0, into, 0, into.length);
        now.advance(into, clock);
    }

    private void keep(Terms now, long[] valued) {
        if (now != terms) {
            terms = now;
            state = new long[valued.length];
        }
        System.arraycopy(valued, 0, state, 0, state.length);
    }
}
