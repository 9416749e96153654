package dev.holdfast.ratelimit;

import dev.holdfast.core.health.HealthProbe;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Counts once for the whole fleet, in a single round trip to Redis, and keeps a bound when Redis is away.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li>Exact: over any time t a subject is admitted at most burst + rate · t permits by all nodes together, measured by the
 *       clock of Redis, whatever the rate; nothing is rounded, and a refusal takes nothing.
 *   <li>At most once: a check is charged at most once. One that was sent and not answered in time counts as possibly
 *       charged and is never sent again; the {@link Fallback} decides instead.
 *   <li>Bounded: every check ends within its deadline; while Redis is known to be away, within microseconds.
 *   <li>{@link Decision#retryAfter()} is never early.
 * </ul>
 *
 * <p>All methods throw {@link NullPointerException} for nulls, {@link IllegalArgumentException} for costs below 1 and
 * {@link dev.holdfast.core.HoldfastException} for plans that do not exist, and then nothing is charged. None of them throws
 * because Redis is away. Thread-safe; blocking methods may be called from virtual threads.
 */
public interface RateLimiter extends AutoCloseable {

    /**
     * Starts configuring a limiter.
     *
     * @param name of the limiter, in keys, metrics and health: up to 64 letters, digits, dots, dashes and underscores. The same
     *     on every node
     * @return a builder
     */
    static RateLimiterBuilder builder(String name) {
        return new RateLimiterBuilder(name);
    }

    /**
     * The name.
     *
     * @return as given to the builder
     */
    String name();

    /**
     * The plans, which may be changed at any time.
     *
     * @return the live plans of this limiter
     */
    Plans plans();

    /**
     * Takes one permit, or none.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @return the decision
     */
    default Decision tryAcquire(Subject subject, String plan) {
        return tryAcquire(subject, plan, 1);
    }

    /**
     * Takes permits, all of them or none.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @param cost how many permits, at least 1; more than a burst of the plan is refused for ever, see
     *     {@link Decision#never()}
     * @return the decision
     */
    Decision tryAcquire(Subject subject, String plan, long cost);

    /**
     * Takes permits, all of them or none, without blocking.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @param cost how many permits, at least 1
     * @return completes within the deadline; never exceptionally. Dependents must not block: they may run on an I/O thread
     */
    CompletableFuture<Decision> tryAcquireAsync(Subject subject, String plan, long cost);

    /**
     * Takes a permit under the plan that applies to subject and endpoint, see {@link Plans}.
     *
     * @param subject who asks
     * @param endpoint for what, such as {@code POST /login}
     * @return the decision
     */
    Decision check(Subject subject, String endpoint);

    /**
     * As {@link #check}, without blocking.
     *
     * @param subject who asks
     * @param endpoint for what
     * @return as {@link #tryAcquireAsync}
     */
    CompletableFuture<Decision> checkAsync(Subject subject, String endpoint);

    /**
     * Takes as many permits as there are.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @param permits how many at most, at least 1
     * @return {@link Decision#permits()} tells how many
     */
    Decision tryAcquireUpTo(Subject subject, String plan, long permits);

    /**
     * Takes permits for several subjects, such as a user and its tenant: from all of them, or from none.
     *
     * <p>That is one atomic call where all keys share a slot: everywhere but in a Redis Cluster, and there for subjects
     * {@linkplain Subject#within(String) within} one tenant. Otherwise they are asked in turn, and what was taken is given
     * back when a later one refuses, so others may for a moment be refused for want of it.
     *
     * @param asked at least one, no two of the same subject and scope
     * @return one decision for each, in order; all are allowed or none
     * @throws IllegalArgumentException if nothing or something twice is asked
     */
    List<Decision> tryAcquireAll(List<Ask> asked);

    /**
     * Takes permits, and waits for them if need be. First come, first served: permits are reserved in the order in which
     * calls reach Redis. A sliding window cannot be reserved, so under a plan that has one, calls try again when permits
     * are due, in no order.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @param cost how many permits, at least 1
     * @param maxWait how long to wait at most
     * @return allowed once the permits are there; refused at once if they will not be in time, and nothing was taken
     * @throws InterruptedException if the thread was interrupted; what was reserved is given back
     */
    Decision acquire(Subject subject, String plan, long cost, Duration maxWait) throws InterruptedException;

    /**
     * Takes permits that may be due only later: the caller itself has to wait for {@link Decision#delay()} before it goes
     * on, or to {@linkplain #refund give them back}.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @param cost how many permits, at least 1
     * @param maxWait longest delay
     * @return allowed with a delay, or refused and nothing was taken
     */
    Decision reserve(Subject subject, String plan, long cost, Duration maxWait);

    /**
     * Looks, and takes nothing.
     *
     * @param subject who
     * @param plan name of the plan that applies
     * @return what {@link #tryAcquire(Subject, String)} would answer, with the permits that are there now
     */
    Decision peek(Subject subject, String plan);

    /**
     * Gives permits back that turned out not to be needed. Never makes more of them than the burst.
     *
     * @param subject who took them
     * @param plan name of the plan that applied
     * @param permits how many, at least 1
     * @return whether that was acknowledged; if not it is not tried again, since it may have been done
     */
    boolean refund(Subject subject, String plan, long permits);

    /**
     * Forgets what a subject has used under a plan and all others of its scope, penalties included. Other nodes may refuse
     * it for up to a second more.
     *
     * @param subject whom to forgive
     * @param plan name of the plan
     * @return whether that was acknowledged
     */
    boolean reset(Subject subject, String plan);

    /**
     * Tells how the limiter decides: by Redis, alone on purpose, or by its fallback, and since when.
     *
     * @return a probe named {@code ratelimit.} and the limiter's name, which asks nobody
     */
    HealthProbe healthProbe();

    /**
     * Tells who was refused most lately on this node, in shadow mode too. Kept in a fixed number of counters, so subjects
     * that were refused less than once in 64 refusals may be missing.
     *
     * @param most how many at most; 64 are kept
     * @return the most refused first
     * @throws IllegalArgumentException if {@code most} is below 1
     */
    List<RefusedSubject> mostRefused(int most);

    /**
     * Metrics under {@code holdfast.ratelimit.*}, with the limiter's name as tag {@code limiter}.
     *
     * @return binds to any number of registries
     */
    MeterBinder metrics();

    /**
     * Stops the heartbeat, and charging afterwards what was granted while Redis was away; no checks should be made any more.
     * Does not close the link. Idempotent.
     */
    @Override
    void close();
}
