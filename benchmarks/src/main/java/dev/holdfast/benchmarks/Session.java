package dev.holdfast.benchmarks;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One run of a group: prints progress, takes what the scenarios report, and closes with one line per target. */
public final class Session {

    private final boolean quick;
    private final PrintStream out;
    private final long start = System.nanoTime();
    private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private RedisServer redis;

    /**
     * A session.
     *
     * @param quick whether a short look is wanted instead of a thorough one
     * @param out takes progress and result
     */
    public Session(boolean quick, PrintStream out) {
        this.quick = quick;
        this.out = out;
    }

    /** Whether a short look is wanted: all groups but the longest end within 60 seconds then. */
    public boolean quick() {
        return quick;
    }

    /** Picks by {@link #quick()}. */
    public Duration pick(Duration inQuick, Duration otherwise) {
        return quick ? inQuick : otherwise;
    }

    /** The Redis server of this session, started when first asked for; closed with the session. */
    public RedisServer redis() {
        if (redis == null) {
            progress("starting Redis");
            redis = RedisServers.standalone();
        }
        return redis;
    }

    /**
     * Collects the garbage of setting up. Entries of a cache in service lie where a collection has moved them, close
     * together; right after loading, they lie between the garbage of loading them, and what is measured is the memory.
     */
    public void settle() {
        System.gc();
    }

    /** Prints a line with the seconds since the start. */
    public void progress(String line) {
        out.printf("[%3d s] %s%n", (System.nanoTime() - start) / 1_000_000_000, line);
        out.flush();
    }

    /**
     * Takes the result of a comparison.
     *
     * @param target to be met by the ratio
     * @param result of the comparison
     * @param unit of the samples, for the progress line
     */
    public void report(Target target, PairedResult result, String unit) {
        progress(result.describe(unit));
        Interval ratio = result.ratio();
        if (ratio.contains(target.bound()) && ratio.low() < ratio.high()) {
            progress(target.id() + ": the interval contains the target " + target.condition()
                    + "; this run cannot tell on which side of it the truth lies");
        }
        put(new Outcome(target, ratio.median(), target.judge(ratio)));
    }

    /**
     * Takes an exact count.
     *
     * @param target to be met by it
     * @param count the count
     * @param what was counted, for the progress line
     */
    public void report(Target target, double count, String what) {
        progress(target.id() + ": " + Target.number(count) + ", " + what);
        put(new Outcome(target, count, target.judge(count)));
    }

    private void put(Outcome outcome) {
        if (outcomes.putIfAbsent(outcome.target().id(), outcome) != null) {
            throw new IllegalStateException("target " + outcome.target().id() + " reported twice");
        }
    }

    /**
     * Runs the scenarios of a group and prints the result.
     *
     * @param group the group
     * @return whether all of it was measured; falling short of a target is a result like any other
     */
    public boolean run(Group group) {
        try {
            measure(group);
        } finally {
            if (redis != null) {
                redis.close();
            }
        }
        return conclude(group);
    }

    private void measure(Group group) {
        for (Scenario scenario : group.scenarios()) {
            try {
                scenario.run(this);
            } catch (Exception | LinkageError | AssertionError e) {
                failures.add(e.toString());
                progress("failed: " + e);
                e.printStackTrace(out);
            }
        }
    }

    private boolean conclude(Group group) {
        for (Scenario scenario : group.scenarios()) {
            for (Target target : scenario.targets()) {
                Outcome outcome = outcomes.get(target.id());
                if (outcome == null) {
                    failures.add(target.id() + " was not measured");
                } else {
                    out.println(outcome.line());
                }
            }
        }
        failures.forEach(failure -> out.println("ERROR " + failure));
        out.flush();
        return failures.isEmpty();
    }
}
