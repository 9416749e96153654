package dev.holdfast.ratelimit;

import dev.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plans of a limiter, and which of them applies to a subject at an endpoint; all of it may change while requests run.
 *
 * <p>Thread-safe. A change applies to checks that begin after it. What subjects have used stays used, limit by limit of the
 * same name; each node has to be told, and while some know the old plan and some the new one, subjects get no more than
 * the larger of both.
 *
 * <p>Endpoints are any text, such as {@code POST /login}. A pattern is an endpoint, or its beginning followed by {@code *};
 * of several that match the longest decides.
 */
public final class Plans {
    /** What checks read, at once. */
    private record Book(
            Map<String, ActivePlan> plans,
            List<Route> routes,
            List<String> skipped,
            @Nullable Function<Subject, @Nullable String> assignment,
            @Nullable String otherwise) {}

    private record Route(String pattern, String plan) {}

    private final String limiter;
    private final String keyPrefix;
    private final ReentrantLock writing = new ReentrantLock();
    private volatile Book book = new Book(Map.of(), List.of(), List.of(), null, null);

    Plans(String limiter, String keyPrefix) {
        this.limiter = limiter;
        this.keyPrefix = keyPrefix;
    }

    /**
     * Adds or replaces a plan.
     *
     * @param name up to 64 letters, digits, dots, dashes and underscores
     * @param plan the plan
     * @return this
     * @throws IllegalArgumentException if the name has other characters or length
     */
    public Plans put(String name, Plan plan) {
        Objects.requireNonNull(plan, "plan");
        Plan.checkName("plan", name);
        return change(old -> {
            Map<String, ActivePlan> plans = new TreeMap<>(old.plans);
            plans.put(name, new ActivePlan(name, plan, keyPrefix));
            return new Book(Map.copyOf(plans), old.routes, old.skipped, old.assignment, old.otherwise);
        });
    }

    /**
     * Removes a plan; checks that ask for it fail from then on.
     *
     * @param name its name
     * @return this
     */
    public Plans remove(String name) {
        return change(old -> {
            Map<String, ActivePlan> plans = new TreeMap<>(old.plans);
            plans.remove(name);
            return new Book(Map.copyOf(plans), old.routes, old.skipped, old.assignment, old.otherwise);
        });
    }

    /**
     * Gives endpoints a plan of their own, which goes before the subject's.
     *
     * @param pattern an endpoint, or its beginning followed by {@code *}
     * @param plan the plan's name
     * @return this
     */
    public Plans route(String pattern, String plan) {
        Objects.requireNonNull(pattern, "pattern");
        Objects.requireNonNull(plan, "plan");
        return change(old -> {
            List<Route> routes = new ArrayList<>(old.routes);
            routes.removeIf(route -> route.pattern.equals(pattern));
            routes.add(new Route(pattern, plan));
            routes.sort((a, b) -> Integer.compare(b.pattern.length(), a.pattern.length()));
            return new Book(old.plans, List.copyOf(routes), old.skipped, old.assignment, old.otherwise);
        });
    }

    /**
     * Takes a route away.
     *
     * @param pattern as it was given
     * @return this
     */
    public Plans removeRoute(String pattern) {
        return change(old -> {
            List<Route> routes = new ArrayList<>(old.routes);
            routes.removeIf(route -> route.pattern.equals(pattern));
            return new Book(old.plans, List.copyOf(routes), old.skipped, old.assignment, old.otherwise);
        });
    }

    /**
     * Leaves endpoints out, such as health checks; goes before all routes.
     *
     * @param pattern an endpoint, or its beginning followed by {@code *}
     * @return this
     */
    public Plans skip(String pattern) {
        Objects.requireNonNull(pattern, "pattern");
        return change(old -> {
            List<String> skipped = new ArrayList<>(old.skipped);
            skipped.add(pattern);
            return new Book(old.plans, old.routes, List.copyOf(skipped), old.assignment, old.otherwise);
        });
    }

    /**
     * Sets which plan a subject has, where no route decides.
     *
     * @param plan names the subject's plan, or returns null for the default one; runs within each check, so it must be
     *     quick
     * @return this
     */
    public Plans assign(Function<Subject, @Nullable String> plan) {
        Objects.requireNonNull(plan, "plan");
        return change(old -> new Book(old.plans, old.routes, old.skipped, plan, old.otherwise));
    }

    /**
     * Sets the plan of subjects and endpoints that have no other.
     *
     * @param plan the plan's name
     * @return this
     */
    public Plans otherwise(String plan) {
        Objects.requireNonNull(plan, "plan");
        return change(old -> new Book(old.plans, old.routes, old.skipped, old.assignment, plan));
    }

    /**
     * The names of all plans.
     *
     * @return an immutable copy
     */
    public Set<String> names() {
        return book.plans.keySet();
    }

    /**
     * A plan.
     *
     * @param name its name
     * @return the plan, or empty
     */
    public Optional<Plan> get(String name) {
        return Optional.ofNullable(book.plans.get(name)).map(ActivePlan::plan);
    }

    /** All plans under their names. */
    Collection<ActivePlan> active() {
        return book.plans.values();
    }

    /** The plan of that name. */
    ActivePlan require(String name) {
        Book now = book;
        ActivePlan plan = now.plans.get(name);
        if (plan == null) {
            throw unknown(name, now);
        }
        return plan;
    }

    /** The plan that applies; null if a skip rule does. */
    @Nullable
    ActivePlan resolve(Subject subject, String endpoint) {
        Book now = book;
        for (String pattern : now.skipped) {
            if (matches(pattern, endpoint)) {
                return null;
            }
        }
        for (Route route : now.routes) {
            if (matches(route.pattern, endpoint)) {
                return require(route.plan);
            }
        }
        String assigned = now.assignment == null ? null : now.assignment.apply(subject);
        String name = assigned == null ? now.otherwise : assigned;
        if (name == null) {
            throw new HoldfastException("limiter '" + limiter + "': no plan for endpoint '" + endpoint
                    + "': add a route for it, or a plan for all others by otherwise(…)");
        }
        return require(name);
    }

    private HoldfastException unknown(String name, Book now) {
        return new HoldfastException("limiter '" + limiter + "': no plan '" + name + "' (there are "
                + new TreeMap<>(now.plans).keySet() + "): put it into plans(), or ask for one of these");
    }

    private static boolean matches(String pattern, String endpoint) {
        int last = pattern.length() - 1;
        return (last >= 0 && pattern.charAt(last) == '*')
                ? endpoint.regionMatches(0, pattern, 0, last)
                : endpoint.equals(pattern);
    }

    private Plans change(Function<Book, Book> change) {
        writing.lock();
        try {
            book = change.apply(book);
        } finally {
            writing.unlock();
        }
        return this;
    }
}
