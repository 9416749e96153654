package dev.holdfast.ratelimit;

import dev.holdfast.core.Problems;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a kind of subject may do: one or more limits that are checked and charged as one, and what happens to those who
 * keep asking.
 *
 * <p>Immutable and thread-safe. All limits of a plan admit a request, or none is charged.
 */
public final class Plan {
    private static final Pattern SCOPE = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final int MOST_LIMITS = 16;
    static final int MOST_LEASED = 100_000;

    private final List<Limit> limits;
    private final Terms terms;
    private final @Nullable Penalty penalty;
    private final byte[] encoded;
    private final boolean shadow;
    private final @Nullable String scope;
    private final int lease;

    private Plan(
            List<Limit> limits,
            Terms terms,
            @Nullable Penalty penalty,
            boolean shadow,
            @Nullable String scope,
            int lease) {
        this.limits = limits;
        this.terms = terms;
        this.penalty = penalty;
        this.encoded = penalty == null ? terms.encoded() : joined(terms.encoded(), penalty.encoded());
        this.shadow = shadow;
        this.scope = scope;
        this.lease = lease;
    }

    /**
     * Makes a plan.
     *
     * @param limits 1 to 16, with different names
     * @return the plan
     * @throws dev.holdfast.core.ConfigurationException with everything that is wrong with the limits
     */
    public static Plan of(Limit... limits) {
        return of(List.of(limits));
    }

    /**
     * Makes a plan.
     *
     * @param limits 1 to 16, with different names
     * @return the plan
     * @throws dev.holdfast.core.ConfigurationException with everything that is wrong with the limits
     */
    public static Plan of(List<Limit> limits) {
        List<Limit> copy = List.copyOf(limits);
        Problems problems = Problems.of("Plan");
        problems.require(
                !copy.isEmpty() && copy.size() <= MOST_LIMITS,
                "ratelimit.plan.limits",
                "limits",
                copy.size(),
                "a plan has 1 to " + MOST_LIMITS + " limits",
                "give at least one, such as Limit.perMinute(100)");
        Map<Integer, Limit> byId = new HashMap<>();
        for (Limit limit : copy) {
            limit.check(problems);
            Limit same = byId.putIfAbsent(limit.id(), limit);
            if (same != null) {
                problems.require(
                        false,
                        "ratelimit.plan.names",
                        "limit '" + limit.name() + "'",
                        limit,
                        same.name().equals(limit.name())
                                ? "two limits have this name"
                                : "its name has the same hash as '" + same.name() + "'",
                        "give one of them another name by named(...)");
            }
        }
        problems.orThrow();
        return new Plan(copy, Terms.of(copy), null, false, null, 0);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /**
     * Blocks subjects that go on asking although they are refused. Until the block begins, every refusal is one call to
     * Redis, since each has to be counted there.
     *
     * @param penalty how long, and after how many refusals
     * @return a plan with that penalty
     */
    public Plan penalty(Penalty penalty) {
        return new Plan(limits, terms, Objects.requireNonNull(penalty, "penalty"), shadow, scope, lease);
    }

    /**
     * Counts and tells, but refuses nobody: for trying a plan on live traffic. See {@link Decision#shadowed()}.
     *
     * @return a plan in shadow mode
     */
    public Plan shadow() {
        return new Plan(limits, terms, penalty, true, scope, lease);
    }

    /**
     * Shares what subjects have used with all plans of the same scope, limit by limit of the same name: whoever moves from
     * one to another takes along what is used. By default a plan is alone, in the scope of its name.
     *
     * @param scope up to 64 letters, digits, dots, dashes and underscores
     * @return a plan in that scope
     * @throws IllegalArgumentException if the scope has other characters or length
     */
    public Plan scope(String scope) {
        checkName("scope", scope);
        return new Plan(limits, terms, penalty, shadow, scope, lease);
    }

    /**
     * Lets each node take permits ahead of demand, so that very hot subjects need fewer calls. Leased permits are charged
     * when they are taken, so the rate holds in the long run; what all nodes hold, at most nodes · {@code permits}, may be
     * used at once on top of it, or be out of others' reach until it comes back after a second.
     *
     * @param permits the most that a node takes ahead for one subject; 0 for none, which is the default
     * @return a plan with such leases
     * @throws IllegalArgumentException if it is negative or above 100,000
     */
    public Plan lease(int permits) {
        if (permits < 0 || permits > MOST_LEASED) {
            throw new IllegalArgumentException(
                    "lease " + permits + " is out of 0.." + MOST_LEASED + ": give what a node uses within 50 ms or so");
        }
        return new Plan(limits, terms, penalty, shadow, scope, permits);
    }

    static void checkName(String property, String name) {
        if (!SCOPE.matcher(name).matches()) {
            throw new IllegalArgumentException(property + " '" + name
                    + "' is not 1 to 64 letters, digits, dots, dashes or underscores: name it like 'pro'");
        }
    }

    /**
     * The limits.
     *
     * @return an immutable list
     */
    public List<Limit> limits() {
        return limits;
    }

    /**
     * The penalty.
     *
     * @return the penalty, or null if there is none
     */
    public @Nullable Penalty penalty() {
        return penalty;
    }

    /**
     * Whether the plan refuses nobody.
     *
     * @return true after {@link #shadow()}
     */
    public boolean isShadow() {
        return shadow;
    }

    /** The scope if one was given. */
    @Nullable
    String givenScope() {
        return scope;
    }

    /** Most permits a node takes ahead. */
    int leased() {
        return lease;
    }

    Terms terms() {
        return terms;
    }

    /** The limits and the penalty as the script takes them for a check; not to be changed. */
    byte[] encoded() {
        return encoded;
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof Plan other
                && limits.equals(other.limits)
                && Objects.equals(penalty, other.penalty)
                && shadow == other.shadow
                && Objects.equals(scope, other.scope)
                && lease == other.lease;
    }

    @Override
    public int hashCode() {
        return Objects.hash(limits, penalty, shadow, scope, lease);
    }

    @Override
    public String toString() {
        return "Plan" + limits + (penalty == null ? "" : ", " + penalty) + (shadow ? ", shadow" : "");
    }
}
