package dev.holdfast.ratelimit;

import java.nio.ByteBuffer;

/**
 * The arithmetic of one limit, in integers below 2<sup>53</sup>; the script in {@code check.lua} does the same sums.
 *
 * <p>Stateless: the state of a subject is a {@code long[]} of its caller's, of which each limit has {@link #width()}
 * numbers from {@code at} on. All zeros is the state of a subject that was never seen. Times are microseconds of the clock
 * that the state belongs to.
 */
sealed interface Algorithm permits DeficitBucket, SlidingWindow {
    /** What does not fit a double any more, as the script's numbers must. */
    long MAX = 1L << 53;

    /** A wait that no time ends. */
    long NEVER = Long.MAX_VALUE;

    /** Numbers of state. */
    int width();

    /** Permits that can be admitted at once. */
    long capacity();

    /** Whether {@code lead} microseconds that a state is ahead of the clock are no longer than it takes to be full. */
    boolean believes(long[] s, int at, long lead);

    /** Values the state at {@code now}, which it may not be behind of. */
    void advance(long[] s, int at, long from, long now);

    /** How often {@code cost} fits, at most {@code count} times, if the caller waits up to {@code patience}. */
    long fit(long[] s, int at, long cost, long count, long patience);

    /** Takes permits, whether or not they are there. */
    void charge(long[] s, int at, long permits);

    /** Gives permits back, up to none taken. */
    void refund(long[] s, int at, long permits);

    /** Adds an amount in units of the state, up to a debt as large as the capacity. */
    void force(long[] s, int at, long amount);

    /** Microseconds from {@code now} until {@code cost} fits, if nobody else takes any; {@link #NEVER}. */
    long waitMicros(long[] s, int at, long now, long cost);

    /** Microseconds until what was taken ahead of its time is there; 0 if nothing was. */
    long debtMicros(long[] s, int at);

    /** Whole permits left. */
    long remaining(long[] s, int at);

    /** Microseconds from {@code now} until all permits are there. */
    long resetMicros(long[] s, int at, long now);

    /** Converts a state of the same limit under earlier numbers. */
    void adopt(Algorithm before, long[] old, int oldAt, long[] s, int at, long clock);

    /** A state of the whole limit as one of a share by {@code nodes}, rounded up. */
    void toShare(long[] whole, long[] s, int at, int nodes);

    /** Takes a state from another clock, on which it was valued just now, over to this one. */
    void toClock(long[] s, int at, long now);

    /** How far the state of a share is beyond another one, in units of the whole limit, rounded up. */
    long owed(long[] share, long[] seed, int at, int nodes);

    /** Appends p, q and c for the script, 7 bytes each. */
    void encode(ByteBuffer out);

    /** Reads a state from the script's reply. */
    void decode(ByteBuffer in, long[] s, int at);

    /** Reads 7 bytes, least significant first. */
    static long get7(ByteBuffer in) {
        long low = in.getInt() & 0xFFFF_FFFFL;
        long mid = in.getShort() & 0xFFFFL;
        return low | mid << 32 | (in.get() & 0xFFL) << 48;
    }

    /** Writes 7 bytes, least significant first. */
    static void put7(ByteBuffer out, long value) {
        out.putInt((int) value);
        out.putShort((short) (value >>> 32));
        out.put((byte) (value >>> 48));
    }
}
