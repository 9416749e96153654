package dev.holdfast.ratelimit;

import dev.holdfast.core.Problems;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link RateLimiter}; not thread-safe, checked as a whole by {@link #build()}, which reports every problem at
 * once.
 */
public final class RateLimiterBuilder {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

    private record Route(String pattern, String plan) {}

    private final String name;
    private @Nullable RedisLink link;
    private String keyPrefix = "hf";
    private final Map<String, Plan> plans = new LinkedHashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private @Nullable Function<Subject, @Nullable String> assignment;
    private @Nullable String otherwise;
    private Fallback fallback = Fallback.share();
    private Duration timeout = Duration.ofMillis(250);
    private Duration heartbeat = Duration.ofSeconds(1);
    private int maximumLocalSubjects = 50_000;
    private int denyCacheSize = 10_000;
    private boolean showSubjects;
    private Ticker ticker = Ticker.system();

    RateLimiterBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * The link to Redis, where the fleet counts. Required; {@link RedisLink#disabled()} means this node alone, on purpose.
     *
     * @param link a link, which the limiter does not close
     * @return this
     */
    public RateLimiterBuilder redis(RedisLink link) {
        this.link = Objects.requireNonNull(link, "link");
        return this;
    }

    /**
     * What every Redis key of this limiter begins with, {@code hf} by default. The same on every node.
     *
     * @param keyPrefix letters, digits, dots, colons, dashes and underscores
     * @return this
     */
    public RateLimiterBuilder keyPrefix(String keyPrefix) {
        this.keyPrefix = Objects.requireNonNull(keyPrefix, "keyPrefix");
        return this;
    }

    /**
     * Adds a plan. More can be added later, see {@link RateLimiter#plans()}.
     *
     * @param name up to 64 letters, digits, dots, dashes and underscores
     * @param plan the plan
     * @return this
     */
    public RateLimiterBuilder plan(String name, Plan plan) {
        plans.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(plan, "plan"));
        return this;
    }

    /**
     * Gives endpoints a plan of their own, see {@link Plans#route}.
     *
     * @param pattern an endpoint, or its beginning followed by {@code *}
     * @param plan the plan's name
     * @return this
     */
    public RateLimiterBuilder route(String pattern, String plan) {
        routes.add(new Route(Objects.requireNonNull(pattern, "pattern"), Objects.requireNonNull(plan, "plan")));
        return this;
    }

    /**
     * Leaves endpoints out, such as health checks, see {@link Plans#skip}.
     *
     * @param pattern an endpoint, or its beginning followed by {@code *}
     * @return this
     */
    public RateLimiterBuilder skip(String pattern) {
        skipped.add(Objects.requireNonNull(pattern, "pattern"));
        return this;
    }

    /**
     * Sets which plan a subject has, see {@link Plans#assign}.
     *
     * @param plan names the subject's plan, or returns null for the default one; must be quick
     * @return this
     */
    public RateLimiterBuilder assign(Function<Subject, @Nullable String> plan) {
        this.assignment = Objects.requireNonNull(plan, "plan");
        return this;
    }

    /**
     * Sets the plan of subjects and endpoints that have no other, see {@link Plans#otherwise}.
     *
     * @param plan the plan's name
     * @return this
     */
    public RateLimiterBuilder otherwise(String plan) {
        this.otherwise = Objects.requireNonNull(plan, "plan");
        return this;
    }

    /**
     * Sets what decides while Redis does not.
     *
     * @param fallback {@link Fallback#share()} by default
     * @return this
     */
    public RateLimiterBuilder fallback(Fallback fallback) {
        this.fallback = Objects.requireNonNull(fallback, "fallback");
        return this;
    }

    /**
     * Bounds every check: if Redis has not answered by then, the fallback decides.
     *
     * @param timeout 1 ms to 1 minute; 250 ms by default
     * @return this
     */
    public RateLimiterBuilder timeout(Duration timeout) {
        this.timeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Sets how often nodes tell each other that they are there. One that was silent for five beats does not count any more.
     *
     * @param interval 10 ms to 1 minute; 1 s by default. The same on every node
     * @return this
     */
    public RateLimiterBuilder heartbeat(Duration interval) {
        this.heartbeat = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /**
     * Bounds the subjects of which this node remembers anything; each takes about 250 bytes. Beyond it those are forgotten
     * of which least would be lost.
     *
     * @param subjects at least 8; 50,000 by default
     * @return this
     */
    public RateLimiterBuilder maximumLocalSubjects(int subjects) {
        this.maximumLocalSubjects = subjects;
        return this;
    }

    /**
     * Bounds the refused subjects that are answered without a call until their wait is over, at most for a second at a
     * time.
     *
     * @param subjects at least 8, or 0 to ask Redis every time; 10,000 by default
     * @return this
     */
    public RateLimiterBuilder denyCache(int subjects) {
        this.denyCacheSize = subjects;
        return this;
    }

    /**
     * Shows who is refused most by name, in {@link RateLimiter#mostRefused} and to health checks. By default it is the
     * beginning of a hash, since names may be private.
     *
     * @return this
     */
    public RateLimiterBuilder showSubjects() {
        this.showSubjects = true;
        return this;
    }

    /** Drives time in tests. */
    RateLimiterBuilder ticker(Ticker ticker) {
        this.ticker = ticker;
        return this;
    }

    /**
     * Checks the settings and makes the limiter. Does not wait for Redis.
     *
     * @return the limiter; close it to stop its heartbeat
     * @throws dev.holdfast.core.ConfigurationException with every problem
     */
    public RateLimiter build() {
        Problems problems = Problems.of("limiter '" + name + "'");
        problems.require(
                NAME.matcher(name).matches(),
                "ratelimit.name",
                "name",
                name,
                "not 1 to 64 letters, digits, dots, dashes or underscores",
                "name it like 'api'");
        problems.require(
                link != null,
                "ratelimit.redis",
                "redis",
                "",
                "no link is set",
                "set one, or RedisLink.disabled() to count on this node alone");
        problems.require(
                PREFIX.matcher(keyPrefix).matches(),
                "ratelimit.keyPrefix",
                "keyPrefix",
                keyPrefix,
                "not 1 to 100 letters, digits, dots, colons, dashes or underscores",
                "use something like 'hf'");
        within(problems, "timeout", timeout, Duration.ofMillis(1), Duration.ofMinutes(1));
        within(problems, "heartbeat", heartbeat, Duration.ofMillis(10), Duration.ofMinutes(1));
        problems.require(
                maximumLocalSubjects >= 8,
                "ratelimit.maximumLocalSubjects",
                "maximumLocalSubjects",
                maximumLocalSubjects,
                "fewer than 8",
                "give about the number of subjects that are active within a minute");
        problems.require(
                denyCacheSize == 0 || denyCacheSize >= 8,
                "ratelimit.denyCache",
                "denyCache",
                denyCacheSize,
                "neither 0 nor at least 8",
                "give 0 for none, or about the number of subjects that are refused at a time");
        for (String plan : plans.keySet()) {
            problems.require(
                    NAME.matcher(plan).matches(),
                    "ratelimit.plan.name",
                    "plan",
                    plan,
                    "not 1 to 64 letters, digits, dots, dashes or underscores",
                    "name it like 'pro'");
        }
        for (Route route : routes) {
            known(problems, "route '" + route.pattern + "'", route.plan);
        }
        if (otherwise != null) {
            known(problems, "otherwise", otherwise);
        }
        problems.orThrow();
        return new FleetLimiter(new LimiterSettings(
                name,
                Objects.requireNonNull(link),
                keyPrefix,
                plans(),
                fallback,
                timeout,
                heartbeat,
                maximumLocalSubjects,
                denyCacheSize,
                showSubjects,
                ticker));
    }

    private Plans plans() {
        Plans made = new Plans(name, keyPrefix + ":rl:" + name + ":");
        plans.forEach(made::put);
        routes.forEach(route -> made.route(route.pattern, route.plan));
        skipped.forEach(made::skip);
        if (assignment != null) {
            made.assign(assignment);
        }
        if (otherwise != null) {
            made.otherwise(otherwise);
        }
        return made;
    }

    private void known(Problems problems, String property, String plan) {
        problems.require(
                plans.containsKey(plan),
                "ratelimit.plan.unknown",
                property,
                plan,
                "there is no such plan, only " + plans.keySet(),
                "add it by plan(\"" + plan + "\", …)");
    }

    private static void within(Problems problems, String property, Duration value, Duration least, Duration most) {
        problems.require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                "ratelimit." + property,
                property,
                value,
                "out of " + least + ".." + most,
                "leave the default, or give something in between");
    }
}
