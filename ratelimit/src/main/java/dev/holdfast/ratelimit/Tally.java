package dev.holdfast.ratelimit;

import dev.holdfast.core.Ticker;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

/** Counts decisions; polled by metrics, so a check pays for a few additions only. Thread-safe, and takes no lock. */
final class Tally {
    /** Plans beyond that many are counted together, since their names become tags. */
    static final int MOST_PLANS = 100;

    static final String OTHERS = "others";
    static final long[] SLOW_NANOS = {2_000_000, 10_000_000, 100_000_000};
    private static final int SIZE = 64;

    /** The counters of an active plan: those of its name, and those of its limits in order. */
    static final class Counters {
        final Tally owner;
        final PlanTally plan;
        final LongAdder[] limits;

        private Counters(Tally owner, PlanTally plan, ActivePlan active) {
            this.owner = owner;
            this.plan = plan;
            this.limits = active.plan().limits().stream()
                    .map(limit -> plan.byLimit(limit.name()))
                    .toArray(LongAdder[]::new);
        }
    }

    private final Ticker ticker;
    private final TopSubjects top;
    private final ConcurrentHashMap<String, PlanTally> plans = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<BiConsumer<PlanTally, List<Limit>>> listeners = new CopyOnWriteArrayList<>();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder timed = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder[] slow = PlanTally.adders(SLOW_NANOS.length);

    Tally(Ticker ticker) {
        this.ticker = ticker;
        this.top = new TopSubjects(SIZE, ticker.read());
    }

    /** Told of each plan that is counted from now on, and of each of its versions. */
    void onPlan(BiConsumer<PlanTally, List<Limit>> listener) {
        listeners.add(listener);
    }

    /** The counters of a plan, made when it is first counted. */
    private Counters counters(ActivePlan plan) {
        Counters known = plan.counters();
        if (known != null && known.owner == this) {
            return known;
        }
        PlanTally tally = plans.get(plan.name());
        if (tally == null) {
            String name = plans.size() < MOST_PLANS ? plan.name() : OTHERS;
            tally = plans.computeIfAbsent(name, PlanTally::new);
        }
        Counters made = new Counters(this, tally, plan);
        plan.counters(made);
        for (BiConsumer<PlanTally, List<Limit>> listener : listeners) {
            listener.accept(tally, plan.plan().limits());
        }
        return made;
    }

    /** Sees to it that a plan is listed, before anything asked for it. */
    void expect(ActivePlan plan) {
        counters(plan);
    }

    /** Counts a decision as it is before shadow mode changes it. */
    void count(ActivePlan plan, Subject subject, Decision decision, long now) {
        Counters counters = counters(plan);
        Decision.Source source = decision.source();
        if (decision.permits() > 0) {
            counters.plan.count(source, PlanTally.Result.ALLOWED);
            if (decision.near()) {
                counters.plan.countNear();
            }
        } else {
            boolean shadow = plan.plan().isShadow();
            counters.plan.count(source, shadow ? PlanTally.Result.SHADOWED : PlanTally.Result.REFUSED);
            int limit = source == Decision.Source.PENALTY ? -1 : decision.refusedBy();
            if (limit >= 0) {
                counters.limits[limit].increment();
            }
            top.refused(subject, now);
        }
    }

    /** A check that a skip rule left out. */
    void skipped() {
        skipped.increment();
    }

    /** A check that asked Redis took so long. */
    void took(long howLong) {
        timed.increment();
        nanos.add(howLong);
        for (int i = 0; i < slow.length && howLong > SLOW_NANOS[i]; i++) {
            slow[i].increment();
        }
    }

    /** Over all plans. */
    long count(Decision.Source source, boolean allowed) {
        long sum = 0;
        for (PlanTally plan : plans.values()) {
            sum += allowed
                    ? plan.counted(source, PlanTally.Result.ALLOWED)
                    : plan.counted(source, PlanTally.Result.REFUSED) + plan.counted(source, PlanTally.Result.SHADOWED);
        }
        return sum;
    }

    /** Checks that skip rules left out. */
    long skips() {
        return skipped.sum();
    }

    /** Checks that asked Redis. */
    long timed() {
        return timed.sum();
    }

    /** How long these took together. */
    double seconds() {
        return nanos.sum() / 1e9;
    }

    /** Checks that took longer than {@link #SLOW_NANOS} of that index. */
    long slow(int index) {
        return slow[index].sum();
    }

    List<TopSubjects.Counted> top(int most) {
        return top.top(most, ticker.read());
    }
}
