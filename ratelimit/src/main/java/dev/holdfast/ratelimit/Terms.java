package dev.holdfast.ratelimit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limits of a plan, ready for arithmetic: all of them admit, or none is charged.
 *
 * <p>Immutable. A subject's state is a {@code long[]} of {@link #size()}: the time at which it is valued, then the numbers
 * of each limit. All zeros is a subject that was never seen.
 */
final class Terms {
    private static final int ENCODED = 23;

    private final int[] ids;
    private final Algorithm[] algorithms;
    private final int[] offsets;
    private final int size;
    private final long capacity;
    private final byte[] encoded;

    Terms(int[] ids, Algorithm[] algorithms) {
        this.ids = ids;
        this.algorithms = algorithms;
        offsets = new int[algorithms.length];
        int next = 1;
        long least = Long.MAX_VALUE;
        ByteBuffer out = ByteBuffer.allocate(ENCODED * algorithms.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < algorithms.length; i++) {
            offsets[i] = next;
            next += algorithms[i].width();
            least = Math.min(least, algorithms[i].capacity());
            out.putShort((short) ids[i]);
            algorithms[i].encode(out);
        }
        size = next;
        capacity = least;
        encoded = out.array();
    }

    static Terms of(List<Limit> limits) {
        return new Terms(
                limits.stream().mapToInt(Limit::id).toArray(),
                limits.stream().map(Limit::algorithm).toArray(Algorithm[]::new));
    }

    /** What one of {@code nodes} may grant alone. */
    Terms share(int nodes) {
        Algorithm[] shares = new Algorithm[algorithms.length];
        for (int i = 0; i < shares.length; i++) {
            Algorithm whole = algorithms[i];
            shares[i] =
                    whole instanceof DeficitBucket bucket ? bucket.share(nodes) : ((SlidingWindow) whole).share(nodes);
        }
        return new Terms(ids, shares);
    }

    /** The state of the whole limits, valued just now, as the state of one node's share by that node's clock. */
    long[] toShare(long[] whole, int nodes, long now) {
        long[] s = new long[size];
        s[0] = now;
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].toShare(whole, s, offsets[i], nodes);
            algorithms[i].toClock(s, offsets[i], now);
        }
        return s;
    }

    /** Whether reservations are possible: windows cannot say when a permit will be back that is not taken yet. */
    boolean reservable() {
        for (Algorithm algorithm : algorithms) {
            if (algorithm instanceof SlidingWindow) {
                return false;
            }
        }
        return true;
    }

    /** The state of a share that has no permits. */
    long[] exhausted(long now) {
        long[] s = new long[size];
        s[0] = now;
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].advance(s, offsets[i], 0, now);
            algorithms[i].force(
                    s, offsets[i], algorithms[i] instanceof DeficitBucket b ? b.c() : algorithms[i].capacity());
        }
        return s;
    }

    /**
     * What a node granted alone and is not refilled yet: how far its share is beyond what it would be without, in units of
     * the whole limits. Both states are valued at the same time.
     */
    long[] owed(long[] share, long[] seed, int nodes) {
        long[] owed = new long[algorithms.length];
        for (int i = 0; i < algorithms.length; i++) {
            owed[i] = algorithms[i].owed(share, seed, offsets[i], nodes);
        }
        return owed;
    }

    int limits() {
        return algorithms.length;
    }

    Algorithm algorithm(int limit) {
        return algorithms[limit];
    }

    int offset(int limit) {
        return offsets[limit];
    }

    /** Length of a state. */
    int size() {
        return size;
    }

    /** Most permits that all limits ever grant at once. */
    long capacity() {
        return capacity;
    }

    /** As the script takes it; not to be changed. */
    byte[] encoded() {
        return encoded;
    }

    /** The only limit, if that is all there is and it is a bucket. */
    @Nullable
    DeficitBucket onlyBucket() {
        return algorithms.length == 1 && algorithms[0] instanceof DeficitBucket bucket ? bucket : null;
    }

    /**
     * Values a state now. Time does not go back: a clock behind the state is taken for the time of the state, unless the
     * state is ahead by more than any of its limits takes to be full; then its time was wrong.
     */
    void advance(long[] s, long clock) {
        long from = s[0];
        long now = Math.max(clock, from);
        if (from > clock && !believes(s, from - clock)) {
            from = clock;
            now = clock;
        }
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].advance(s, offsets[i], from, now);
        }
        s[0] = now;
    }

    private boolean believes(long[] s, long lead) {
        for (int i = 0; i < algorithms.length; i++) {
            if (algorithms[i].believes(s, offsets[i], lead)) {
                return true;
            }
        }
        return false;
    }

    /** Takes {@code cost} up to {@code count} times from a state that is valued now; returns how often. */
    long take(long[] s, long cost, long count, long patience) {
        long granted = count;
        for (int i = 0; i < algorithms.length && granted > 0; i++) {
            granted = algorithms[i].fit(s, offsets[i], cost, granted, patience);
        }
        if (granted > 0) {
            charge(s, cost * granted);
        }
        return granted;
    }

    void charge(long[] s, long permits) {
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].charge(s, offsets[i], permits);
        }
    }

    void refund(long[] s, long permits) {
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].refund(s, offsets[i], permits);
        }
    }

    /** Microseconds until all limits admit the cost. */
    long waitMicros(long[] s, long cost) {
        long longest = 0;
        for (int i = 0; i < algorithms.length; i++) {
            longest = Math.max(longest, algorithms[i].waitMicros(s, offsets[i], s[0], cost));
        }
        return longest;
    }

    /** Microseconds until the state is that of a subject that was never seen. */
    long resetMicros(long[] s) {
        long longest = 0;
        for (int i = 0; i < algorithms.length; i++) {
            longest = Math.max(longest, algorithms[i].resetMicros(s, offsets[i], s[0]));
        }
        return longest;
    }

    /** Microseconds until permits are there that were taken ahead of their time. */
    long debtMicros(long[] s) {
        long longest = 0;
        for (int i = 0; i < algorithms.length; i++) {
            longest = Math.max(longest, algorithms[i].debtMicros(s, offsets[i]));
        }
        return longest;
    }

    long remaining(long[] s) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < algorithms.length; i++) {
            least = Math.min(least, algorithms[i].remaining(s, offsets[i]));
        }
        return least;
    }

    /** The state that a subject has under these terms, after another version of its plan. */
    long[] adopt(Terms before, long[] old, long clock) {
        long[] s = new long[size];
        s[0] = old[0];
        for (int i = 0; i < algorithms.length; i++) {
            for (int j = 0; j < before.ids.length; j++) {
                if (before.ids[j] == ids[i]) {
                    algorithms[i].adopt(before.algorithms[j], old, before.offsets[j], s, offsets[i], clock);
                }
            }
        }
        return s;
    }

    /** Reads the part of a reply that is about one key. */
    long[] decode(ByteBuffer in) {
        long[] s = new long[size];
        s[0] = Algorithm.get7(in);
        for (int i = 0; i < algorithms.length; i++) {
            algorithms[i].decode(in, s, offsets[i]);
        }
        return s;
    }
}
