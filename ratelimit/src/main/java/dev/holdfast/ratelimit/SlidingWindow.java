package dev.holdfast.ratelimit;

import java.nio.ByteBuffer;

/**
 * Counts by parts of a window: never more than its limit in any stretch of time as long as the window.
 *
 * <p>The window slides by tenths. A permit counts until the whole tenth in which it was taken is out of the window, so it
 * comes back between one window and a tenth more after it was taken: the limit errs towards fewer, never towards more.
 *
 * <p>State: the number of the newest part, then how many permits were taken in it, in the one before, and so on.
 */
final class SlidingWindow implements Algorithm {
    /** Parts of a window. One more is counted: the one that is partly out of it. */
    static final int SPAN = 10;

    /** What the script's four bytes hold. */
    static final long MAX_COUNT = 0xFFFF_FFFFL;

    private final long part;
    private final long limit;

    SlidingWindow(long part, long limit) {
        this.part = part;
        this.limit = limit;
    }

    static SlidingWindow of(long permits, long windowMicros) {
        return new SlidingWindow((windowMicros + SPAN - 1) / SPAN, permits);
    }

    /** One node's part of the limit, at least one permit. */
    SlidingWindow share(int nodes) {
        return new SlidingWindow(part, Math.max(1, limit / nodes));
    }

    private static long used(long[] s, int at) {
        long used = 0;
        for (int age = 0; age <= SPAN; age++) {
            used += s[at + 1 + age];
        }
        return used;
    }

    @Override
    public int width() {
        return SPAN + 2;
    }

    @Override
    public long capacity() {
        return limit;
    }

    @Override
    public boolean believes(long[] s, int at, long lead) {
        return false; // A window has a time of its own, see advance.
    }

    @Override
    public void advance(long[] s, int at, long from, long now) {
        long newest = now / part;
        long ahead = s[at] - newest;
        if (ahead > 0 && used(s, at) > 0) {
            if (ahead > SPAN) {
                s[at] = newest; // The clock was wrong when this was written.
            }
            return;
        }
        int shift = (int) Math.min(SPAN + 1, Math.max(0, -ahead));
        s[at] = newest;
        if (shift > 0) {
            for (int age = SPAN; age >= 0; age--) {
                s[at + 1 + age] = age >= shift ? s[at + 1 + age - shift] : 0;
            }
        }
    }

    @Override
    public long fit(long[] s, int at, long cost, long count, long patience) {
        return Math.min(count, Math.max(0, limit - used(s, at)) / cost);
    }

    @Override
    public void charge(long[] s, int at, long permits) {
        s[at + 1] = Math.min(MAX_COUNT, s[at + 1] + permits);
    }

    @Override
    public void refund(long[] s, int at, long permits) {
        long left = permits;
        for (int i = at + 1; i <= at + 1 + SPAN; i++) {
            long back = Math.min(left, s[i]);
            s[i] -= back;
            left -= back;
        }
    }

    @Override
    public void force(long[] s, int at, long amount) {
        charge(s, at, amount);
    }

    @Override
    public long waitMicros(long[] s, int at, long now, long cost) {
        if (cost > limit) {
            return NEVER;
        }
        long tooMany = used(s, at) + cost - limit;
        for (int age = SPAN; age >= 0 && tooMany > 0; age--) {
            tooMany -= s[at + 1 + age];
            if (tooMany <= 0) {
                return gone(s, at, age) - now;
            }
        }
        return 0;
    }

    /** When the part of an age is out of the window. */
    private long gone(long[] s, int at, int age) {
        return (s[at] - age + SPAN + 1) * part;
    }

    @Override
    public long debtMicros(long[] s, int at) {
        return 0;
    }

    @Override
    public long remaining(long[] s, int at) {
        return Math.max(0, limit - used(s, at));
    }

    @Override
    public long resetMicros(long[] s, int at, long now) {
        for (int age = 0; age <= SPAN; age++) {
            if (s[at + 1 + age] > 0) {
                return gone(s, at, age) - now;
            }
        }
        return 0;
    }

    @Override
    public void adopt(Algorithm before, long[] old, int oldAt, long[] s, int at, long clock) {
        if (!(before instanceof SlidingWindow window)) {
            return;
        }
        if (window.part == part) {
            System.arraycopy(old, oldAt, s, at, width());
        } else {
            s[at] = clock / part;
            for (int age = 0; age <= SPAN; age++) {
                if (window.gone(old, oldAt, age) > clock) {
                    s[at + 1] += old[oldAt + 1 + age]; // As just taken: late rather than early.
                }
            }
        }
    }

    @Override
    public void toShare(long[] whole, long[] s, int at, int nodes) {
        s[at] = whole[at];
        for (int i = at + 1; i < at + width(); i++) {
            s[i] = (whole[i] + nodes - 1) / nodes;
        }
    }

    @Override
    public void toClock(long[] s, int at, long now) {
        s[at] = now / part + 1; // The parts of both clocks begin at different times: rather a part late than early.
    }

    @Override
    public long owed(long[] share, long[] seed, int at, int nodes) {
        return Math.max(0, used(share, at) - used(seed, at));
    }

    @Override
    public void encode(ByteBuffer out) {
        Algorithm.put7(out, 0);
        Algorithm.put7(out, part);
        Algorithm.put7(out, limit);
    }

    @Override
    public void decode(ByteBuffer in, long[] s, int at) {
        s[at] = Algorithm.get7(in);
        for (int age = 0; age <= SPAN; age++) {
            s[at + 1 + age] = in.getInt() & 0xFFFF_FFFFL;
        }
    }

    @Override
    public String toString() {
        return limit + " in " + SPAN + " parts of " + part + " us";
    }
}
