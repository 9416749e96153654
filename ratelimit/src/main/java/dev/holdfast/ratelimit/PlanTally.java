package dev.holdfast.ratelimit;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The counts of one plan name, whatever the plan of that name was changed to. */
final class PlanTally {
    /** What became of a check. */
    enum Result {
        ALLOWED,
        REFUSED,
        /** Would have been refused if the plan were not in shadow mode. */
        SHADOWED
    }

    private static final int MOST_LIMITS = 100;
    private static final int RESULTS = Result.values().length;

    private final String plan;
    private final LongAdder[] counts = adders(Decision.Source.values().length * RESULTS);
    private final LongAdder near = new LongAdder();
    private final ConcurrentHashMap<String, LongAdder> byLimit = new ConcurrentHashMap<>();

    PlanTally(String plan) {
        this.plan = plan;
    }

    static LongAdder[] adders(int length) {
        LongAdder[] adders = new LongAdder[length];
        for (int i = 0; i < length; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }

    String plan() {
        return plan;
    }

    @SuppressWarnings("EnumOrdinal") // An index into counters of this process, stored nowhere.
    void count(Decision.Source source, Result result) {
        counts[source.ordinal() * RESULTS + result.ordinal()].increment();
    }

    @SuppressWarnings("EnumOrdinal") // The same index.
    long counted(Decision.Source source, Result result) {
        return counts[source.ordinal() * RESULTS + result.ordinal()].sum();
    }

    void countNear() {
        near.increment();
    }

    /** Checks that were allowed when less than a fifth was left. */
    long near() {
        return near.sum();
    }

    /** Refusals by a limit. */
    LongAdder byLimit(String limit) {
        return byLimit.computeIfAbsent(tagOf(limit), name -> new LongAdder());
    }

    /** A limit's name, or one for all beyond a bound: a plan may be changed any number of times. */
    String tagOf(String limit) {
        return byLimit.containsKey(limit) || byLimit.size() < MOST_LIMITS ? limit : Tally.OTHERS;
    }
}
