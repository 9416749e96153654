package dev.holdfast.ratelimit;

import dev.holdfast.core.Ticker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one thing within this JVM: no Redis, no names, no allocation.
 *
 * <p>The same arithmetic as {@link RateLimiter}'s. Thread-safe and lock-free for a single bucket; several limits, or a
 * sliding window, take a short lock.
 *
 * <pre>{@code
 * LocalBucket mails = LocalBucket.of(Limit.perMinute(100).burst(10));
 * if (mails.tryAcquire()) { send(mail); }
 * }</pre>
 */
public final class LocalBucket {
    private static final VarHandle DUE;

    static {
        try {
            DUE = MethodHandles.lookup().findVarHandle(LocalBucket.class, "due", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Terms terms;
    private final Ticker ticker;
    private final long origin;

    /** The single bucket, if that is all. */
    private final @Nullable DeficitBucket bucket;

    private final long p;
    private final long q;
    private final long c;
    private final long capacity;

    /**
     * State of the single bucket in one number: when it will be full, in units of 1/p microsecond. The deficit is what is
     * left of it, due - now · p, or 0. It grows without end and wraps around, as now · p does, so only differences count; a
     * difference that no deficit can have means that it wrapped since the last use.
     */
    @SuppressWarnings("unused") // through DUE
    private volatile long due;

    /** State of several limits, guarded by its monitor. */
    private final @Nullable Account account;

    private final long[] scratch;

    private LocalBucket(Terms terms, Ticker ticker) {
        this.terms = terms;
        this.ticker = ticker;
        this.origin = ticker.read();
        this.bucket = terms.onlyBucket();
        this.p = bucket == null ? 1 : bucket.p();
        this.q = bucket == null ? 1 : bucket.q();
        this.c = bucket == null ? 0 : bucket.c();
        this.capacity = terms.capacity();
        this.account = bucket == null ? new Account(terms) : null;
        this.scratch = new long[terms.size()];
    }

    /**
     * Makes a bucket with all permits.
     *
     * @param limits one or more, with different names; all of them admit a request or none is charged
     * @return the bucket
     * @throws dev.holdfast.core.ConfigurationException with everything that is wrong with the limits
     */
    public static LocalBucket of(Limit... limits) {
        return of(Plan.of(limits), Ticker.system());
    }

    /**
     * Makes a bucket with all permits and a clock of its own.
     *
     * @param plan its limits; penalty, scope, lease and shadow mode do not matter here
     * @param ticker the clock
     * @return the bucket
     */
    public static LocalBucket of(Plan plan, Ticker ticker) {
        return new LocalBucket(plan.terms(), Objects.requireNonNull(ticker, "ticker"));
    }

    /**
     * Takes one permit, or none.
     *
     * @return whether it was there
     */
    public boolean tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes permits, all of them or none.
     *
     * @param cost how many, at least 1
     * @return whether they were there
     * @throws IllegalArgumentException if the cost is below 1
     */
    public boolean tryAcquire(long cost) {
        if (cost < 1 || cost > capacity) {
            refuseBad(cost);
            return false;
        }
        if (bucket == null) {
            return takeAll(cost);
        }
        long nowP = micros() * p;
        long free = c - cost * q;
        while (true) {
            long seen = due;
            long deficit = deficit(seen, nowP);
            if (deficit > free) {
                return false;
            }
            if (DUE.weakCompareAndSet(this, seen, nowP + deficit + cost * q)) {
                return true;
            }
        }
    }

    private boolean takeAll(long cost) {
        Account all = Objects.requireNonNull(account);
        synchronized (all) {
            return all.take(terms, micros(), cost, 1, 0, scratch) > 0;
        }
    }

    private static void refuseBad(long cost) {
        if (cost < 1) {
            throw new IllegalArgumentException("cost " + cost + " < 1: a request costs at least 1 permit");
        }
    }

    private long deficit(long seen, long nowP) {
        long left = seen - nowP;
        return left <= 0 || left >= 2 * Algorithm.MAX ? 0 : left;
    }

    /**
     * Gives permits back, up to none taken.
     *
     * @param permits how many, at least 1
     * @throws IllegalArgumentException if it is below 1
     */
    public void refund(long permits) {
        refuseBad(permits);
        long back = Math.min(permits, capacity);
        if (bucket == null) {
            Account all = Objects.requireNonNull(account);
            synchronized (all) {
                all.refund(terms, micros(), back, scratch);
            }
            return;
        }
        long nowP = micros() * p;
        while (true) {
            long seen = due;
            long deficit = deficit(seen, nowP);
            if (DUE.weakCompareAndSet(this, seen, nowP + Math.max(0, deficit - back * q))) {
                return;
            }
        }
    }

    /**
     * Permits left now, of the limit that has fewest.
     *
     * @return at least 0
     */
    public long remaining() {
        return terms.remaining(look());
    }

    /**
     * How long until permits are there, if nobody takes any meanwhile. Never early.
     *
     * @param cost how many, at least 1
     * @return zero if they are there; empty if they never will be
     * @throws IllegalArgumentException if the cost is below 1
     */
    public Optional<Duration> retryAfter(long cost) {
        refuseBad(cost);
        long wait = terms.waitMicros(look(), cost);
        return wait == Algorithm.NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(wait * 1_000));
    }

    private long[] look() {
        long[] state = new long[terms.size()];
        if (bucket == null) {
            Objects.requireNonNull(account).take(terms, micros(), 1, 0, 0, state);
        } else {
            long now = micros();
            state[0] = now;
            state[1] = deficit(due, now * p);
        }
        return state;
    }

    private long micros() {
        return (ticker.read() - origin) / 1_000;
    }

    @Override
    public String toString() {
        return "LocalBucket[" + terms.algorithm(0) + (terms.limits() > 1 ? ", …" : "") + "]";
    }
}
