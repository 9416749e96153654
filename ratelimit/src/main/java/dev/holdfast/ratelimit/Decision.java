package dev.holdfast.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one check. Immutable and thread-safe; its numbers are those of the moment at which it was decided.
 *
 * <p>What is rarely asked for is worked out when it is.
 */
public final class Decision {
    /** Who decided. */
    public enum Source {
        /** Redis, for the whole fleet. */
        REDIS,
        /** This node, which knew from an earlier answer that Redis would refuse. */
        DENY_CACHE,
        /** This node, from permits that it had leased. */
        LEASE,
        /** This node alone, on purpose: there is no Redis. */
        LOCAL,
        /** The {@link Fallback}, since Redis did not answer. */
        FALLBACK,
        /** A penalty that is in force. */
        PENALTY,
        /** Nobody had to: the request asks for more than the plan ever grants. */
        NEVER,
        /** Nobody: a skip rule applies. */
        SKIPPED
    }

    private final Source source;
    private final @Nullable ActivePlan plan;
    /** What the state is of: the plan's, or a share of them. */
    private final @Nullable Terms terms;

    private final long cost;
    private final long permits;
    private final boolean shadowed;
    /** Microseconds that the state is ahead of the clock; negative if it is from earlier. */
    private final long lead;
    /** Microseconds until the subject may try again, or, if it was admitted, may go on. */
    private final long wait;
    /** The state after the decision; shared, not to be changed. */
    private final long @Nullable [] state;
    /** Permits of checks that were merged with this one and come after it: in the state, but not yet taken here. */
    private final long later;

    Decision(
            Source source,
            @Nullable ActivePlan plan,
            @Nullable Terms terms,
            long cost,
            long permits,
            boolean shadowed,
            long lead,
            long wait,
            long @Nullable [] state,
            long later) {
        this.source = source;
        this.plan = plan;
        this.terms = terms;
        this.cost = cost;
        this.permits = permits;
        this.shadowed = shadowed;
        this.lead = lead;
        this.wait = wait;
        this.state = state;
        this.later = later;
    }

    /** An answer without a state. */
    static Decision bare(Source source, @Nullable ActivePlan plan, long cost, long permits, long waitMicros) {
        return new Decision(source, plan, null, cost, permits, false, 0, waitMicros, null, 0);
    }

    /** The same, for a plan that refuses nobody. */
    Decision inShadow() {
        return new Decision(source, plan, terms, cost, cost, true, lead, wait, state, later);
    }

    /** A look that found all permits there, as a grant of what was looked for. */
    Decision asLook() {
        return permits == 0 && wait == 0
                ? new Decision(source, plan, terms, cost, cost, shadowed, lead, 0, state, 0)
                : this;
    }

    /** The limit that takes longest to admit the cost; -1 if all do, or nothing is known. */
    int refusedBy() {
        int longest = -1;
        long wait = 0;
        for (int i = 0; state != null && terms != null && i < terms.limits(); i++) {
            long needed = terms.algorithm(i).waitMicros(state, terms.offset(i), state[0], cost);
            if (needed > wait) {
                wait = needed;
                longest = i;
            }
        }
        return longest;
    }

    /** Whether less than a fifth of a limit is left. */
    boolean near() {
        for (int i = 0; state != null && terms != null && i < terms.limits(); i++) {
            Algorithm algorithm = terms.algorithm(i);
            if ((algorithm.remaining(state, terms.offset(i)) + later) * 5 < algorithm.capacity()) {
                return true;
            }
        }
        return false;
    }

    /** Microseconds until the subject may try again. */
    long waitMicros() {
        return wait;
    }

    /**
     * Whether the request may go on.
     *
     * @return true if the permits were granted, or the plan is in shadow mode
     */
    public boolean allowed() {
        return permits > 0;
    }

    /**
     * Whether the request would have been refused if its plan were not in shadow mode.
     *
     * @return true if {@link #allowed()} is only because of {@link Plan#shadow()}
     */
    public boolean shadowed() {
        return shadowed;
    }

    /**
     * How many permits were granted.
     *
     * @return what was asked for, or fewer after {@link RateLimiter#tryAcquireUpTo}; 0 if refused
     */
    public long permits() {
        return permits;
    }

    /**
     * Who decided.
     *
     * @return the source
     */
    public Source source() {
        return source;
    }

    /**
     * The plan that applied.
     *
     * @return its name; empty if a skip rule applied
     */
    public Optional<String> plan() {
        return plan == null ? Optional.empty() : Optional.of(plan.name());
    }

    /**
     * How long a refused request should wait. Never early: whoever waits so long finds the permits there, unless somebody
     * else takes them.
     *
     * @return zero if allowed; empty if the request asks for more than the plan ever grants
     */
    public Optional<Duration> retryAfter() {
        if (permits > 0 && !shadowed) {
            return Optional.of(Duration.ZERO);
        }
        return wait == Algorithm.NEVER ? Optional.empty() : Optional.of(micros(wait));
    }

    /**
     * Whether the request asks for more than the plan ever grants: waiting does not help.
     *
     * @return true if the cost is above the burst of a limit
     */
    public boolean never() {
        return permits == 0 && wait == Algorithm.NEVER;
    }

    /**
     * How long an admitted request has to wait before it goes on, after {@link RateLimiter#reserve}.
     *
     * @return zero unless permits were reserved that are not there yet
     */
    public Duration delay() {
        return permits > 0 && !shadowed && wait > 0 ? micros(wait) : Duration.ZERO;
    }

    /**
     * Permits left, of the limit that has fewest.
     *
     * @return at least 0; 0 if nothing is known
     */
    public long remaining() {
        long least = Long.MAX_VALUE;
        for (LimitStatus status : limits()) {
            least = Math.min(least, status.remaining());
        }
        return least == Long.MAX_VALUE ? 0 : least;
    }

    /**
     * How long until all permits of all limits are there again, if none are taken.
     *
     * @return zero if nothing is known
     */
    public Duration reset() {
        Duration longest = Duration.ZERO;
        for (LimitStatus status : limits()) {
            longest = status.reset().compareTo(longest) > 0 ? status.reset() : longest;
        }
        return longest;
    }

    /**
     * The limit that decided: for a refusal the one that takes longest to admit it, otherwise the one with fewest permits
     * left.
     *
     * @return where the subject stands with it; empty if nothing is known, as behind an open fallback
     */
    public Optional<LimitStatus> binding() {
        LimitStatus binding = null;
        for (LimitStatus status : limits()) {
            if (binding == null || binds(status, binding)) {
                binding = status;
            }
        }
        return Optional.ofNullable(binding);
    }

    private boolean binds(LimitStatus one, LimitStatus other) {
        if (permits > 0 && !shadowed) {
            return one.remaining() < other.remaining();
        }
        Duration a = one.retryAfter();
        Duration b = other.retryAfter();
        return b != null && (a == null || a.compareTo(b) > 0);
    }

    /**
     * Where the subject stands with each limit of the plan.
     *
     * @return in the order of the plan; empty if nothing is known
     */
    public List<LimitStatus> limits() {
        if (state == null || plan == null || terms == null) {
            return List.of();
        }
        long[] s = state;
        if (later > 0) {
            s = state.clone();
            terms.refund(s, later);
        }
        List<LimitStatus> statuses = new ArrayList<>(terms.limits());
        for (int i = 0; i < terms.limits(); i++) {
            Algorithm algorithm = terms.algorithm(i);
            int at = terms.offset(i);
            long needed = algorithm.waitMicros(s, at, s[0], cost);
            statuses.add(new LimitStatus(
                    plan.plan().limits().get(i),
                    algorithm.remaining(s, at),
                    micros(Math.max(0, lead + algorithm.resetMicros(s, at, s[0]))),
                    needed == Algorithm.NEVER
                            ? null
                            : needed == 0 ? Duration.ZERO : micros(Math.max(0, lead + needed))));
        }
        return statuses;
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }

    @Override
    public String toString() {
        return (permits > 0 ? "allowed " + permits : never() ? "never" : "refused, retry after " + micros(wait))
                + " by " + source + (plan == null ? "" : " under plan '" + plan.name() + "'")
                + (shadowed ? " (shadow)" : "");
    }
}
