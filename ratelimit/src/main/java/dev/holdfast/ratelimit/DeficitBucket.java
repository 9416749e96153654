package dev.holdfast.ratelimit;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/**
 * A token bucket that remembers what is missing: the exact dual of GCRA.
 *
 * <p>Permits come back at p/q per microsecond, in lowest terms, and the state is one number, the deficit in units of 1/q
 * permit. So a microsecond gives back exactly p units, a permit costs exactly q, and nothing is ever rounded. A missing
 * state is a full bucket, and the capacity is not part of it, so a limit can be resized without touching subjects.
 */
final class DeficitBucket implements Algorithm {
    private final long p;
    private final long q;
    private final long c;
    private final long capacity;
    /** After this many microseconds any deficit is gone; keeps products within a long. */
    private final long horizon;

    /** A bucket that holds c/q permits; c may be no multiple of q. */
    DeficitBucket(long p, long q, long c) {
        this.p = p;
        this.q = q;
        this.c = c;
        this.capacity = c / q;
        this.horizon = MAX / p + 1;
    }

    /** Permits per microsecond as a fraction in lowest terms. */
    static DeficitBucket of(long permits, long periodMicros, long capacity) {
        long common = gcd(permits, periodMicros);
        long q = periodMicros / common;
        return new DeficitBucket(permits / common, q, Math.multiplyExact(capacity, q));
    }

    /**
     * One node's part of the bucket. It holds one permit at least, since a bucket that can never hold a permit would shut
     * a small limit altogether.
     */
    DeficitBucket share(int nodes) {
        long common = gcd(p, nodes);
        long shareQ = q * (nodes / common);
        return new DeficitBucket(p / common, shareQ, Math.max(shareQ, c / common));
    }

    static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    long p() {
        return p;
    }

    long q() {
        return q;
    }

    /** What fits into the bucket, in units. */
    long c() {
        return c;
    }

    /** What is left of a deficit after some time. */
    long decay(long d, long elapsed) {
        if (elapsed <= 0) {
            return d;
        }
        return elapsed >= horizon ? 0 : Math.max(0, d - elapsed * p);
    }

    /** Microseconds until a deficit has gone down by {@code units}, rounded up. */
    long microsFor(long units) {
        return units <= 0 ? 0 : (units + p - 1) / p;
    }

    /** A deficit in units of 1/from permit, in own units, rounded up. */
    long rescale(long d, long from) {
        if (from == q) {
            return d;
        }
        long whole = d / from;
        long rest = d % from;
        if ((double) whole * q >= MAX - q) {
            return MAX - 1;
        }
        return whole * q + ceilDiv(rest, q, from);
    }

    private static long ceilDiv(long rest, long times, long by) {
        if (Math.multiplyHigh(rest, times) == 0 && rest * times >= 0) {
            long product = rest * times;
            return product / by + (product % by == 0 ? 0 : 1);
        }
        BigInteger[] exact =
                BigInteger.valueOf(rest).multiply(BigInteger.valueOf(times)).divideAndRemainder(BigInteger.valueOf(by));
        return exact[0].longValueExact() + exact[1].signum();
    }

    @Override
    public int width() {
        return 1;
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public boolean believes(long[] s, int at, long lead) {
        return lead < horizon && lead * p <= s[at];
    }

    @Override
    public void advance(long[] s, int at, long from, long now) {
        s[at] = decay(s[at], now - from);
    }

    @Override
    public long fit(long[] s, int at, long cost, long count, long patience) {
        if (cost > capacity) {
            return 0;
        }
        long each = cost * q;
        long free = c - s[at];
        if (patience > 0 && s[at] + each < MAX) {
            free = Math.min(MAX, free + (patience >= horizon ? MAX : patience * p));
        }
        if (free < each) {
            return 0;
        }
        return count == 1 ? 1 : Math.min(count, free / each);
    }

    @Override
    public void charge(long[] s, int at, long permits) {
        s[at] += permits * q;
    }

    @Override
    public void refund(long[] s, int at, long permits) {
        s[at] = Math.max(0, s[at] - permits * q);
    }

    @Override
    public void force(long[] s, int at, long amount) {
        s[at] = Math.max(s[at], Math.min(Math.min(2 * c, MAX - 1), s[at] + amount));
    }

    @Override
    public long waitMicros(long[] s, int at, long now, long cost) {
        return cost > capacity ? NEVER : microsFor(cost * q - (c - s[at]));
    }

    @Override
    public long debtMicros(long[] s, int at) {
        return microsFor(s[at] - c);
    }

    @Override
    public long remaining(long[] s, int at) {
        return Math.max(0, c - s[at]) / q;
    }

    @Override
    public long resetMicros(long[] s, int at, long now) {
        return microsFor(s[at]);
    }

    @Override
    public void adopt(Algorithm before, long[] old, int oldAt, long[] s, int at, long clock) {
        s[at] = before instanceof DeficitBucket bucket ? rescale(old[oldAt], bucket.q) : 0;
    }

    @Override
    public void toShare(long[] whole, long[] s, int at, int nodes) {
        long common = gcd(p, nodes); // d/q permits, by nodes, in units of common/(q * nodes)
        s[at] = (whole[at] + common - 1) / common;
    }

    @Override
    public void toClock(long[] s, int at, long now) {
        // A deficit has no time of its own.
    }

    @Override
    public long owed(long[] share, long[] seed, int at, int nodes) {
        // In units of common/(q * nodes), of which this bucket's own rate does not tell common: p of the whole does.
        long common = gcd(p, nodes);
        long more = Math.max(0, share[at] - seed[at]);
        return ceilDiv(more, common, nodes);
    }

    @Override
    public void encode(ByteBuffer out) {
        Algorithm.put7(out, p);
        Algorithm.put7(out, q);
        Algorithm.put7(out, c);
    }

    @Override
    public void decode(ByteBuffer in, long[] s, int at) {
        s[at] = Algorithm.get7(in);
    }

    @Override
    public String toString() {
        return p + "/" + q + " per us, " + c + "/" + q;
    }
}
