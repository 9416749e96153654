package dev.holdfast.cache;

import dev.holdfast.core.redis.LinkState;
import java.util.List;
import java.util.Map;

/** How reads use tier 2: whether they may, within what time, and how what they loaded gets there. */
final class Tier2Access<K, V> {
    private final CacheSettings<K, V> settings;
    private final Tier2 tier2;
    private final Values<K, V> values;
    private final Synchronizer<K, V> synchronizer;
    private final Journal journal;
    private final Tier1<K, V> tier1;
    private final Counters counters;

    Tier2Access(
            CacheSettings<K, V> settings,
            Tier2 tier2,
            Values<K, V> values,
            Synchronizer<K, V> synchronizer,
            Journal journal,
            Tier1<K, V> tier1,
            Counters counters) {
        this.settings = settings;
        this.tier2 = tier2;
        this.values = values;
        this.synchronizer = synchronizer;
        this.journal = journal;
        this.tier1 = tier1;
        this.counters = counters;
    }

    /** Whether tier 2 may be asked for a key: this node is in step, and owes Redis no invalidation of it. */
    boolean open(String escaped) {
        return synchronizer.tier2Open() && !journal.fenced(escaped);
    }

    /** Whether tier 2 may be asked at all. */
    boolean tier2Open() {
        return synchronizer.tier2Open();
    }

    /** Whether the source has to take what tier 2 would, if it were in use. */
    boolean tier2Away() {
        return !tier2Open() && settings.link().state() != LinkState.DISABLED;
    }

    /** Whether an invalidation of a key or of a tag has not reached Redis yet. */
    boolean fenced(String escaped, String[] tags) {
        return journal.fenced(escaped, tags);
    }

    Tier2 tier2() {
        return tier2;
    }

    Values<K, V> values() {
        return values;
    }

    Budget budget() {
        return new Budget(settings.ticker(), tier2.deadline());
    }

    /**
     * Whether the lease of a read that began then has run out. Its fill is not tried: the refusal would look like a change
     * of the key, and take the value out of tier 1 too.
     */
    boolean leaseRanOut(long beganNanos) {
        return settings.ticker().read() - beganNanos >= settings.leaseTime().toNanos();
    }

    /**
     * Stores values without waiting. What tier 2 refuses, because the key changed during the load, leaves tier 1 as well:
     * the announcement of that change is on its way.
     */
    void fill(List<Tier2.Fill> fills, List<Attempt<K, V>> attempts) {
        var unused = tier2.fill(fills, tier2.patience()).whenComplete((outcomes, failure) -> {
            if (failure != null) {
                counters.tier2Failures.increment();
                return;
            }
            for (int i = 0; i < outcomes.size(); i++) {
                if (outcomes.get(i)) {
                    counters.fills.increment();
                } else {
                    counters.fillsRefused.increment();
                    Entry<V> entry = attempts.get(i).stored();
                    if (entry != null) {
                        tier1.undo(attempts.get(i).key, entry);
                    }
                }
            }
        });
    }

    /** Gives leases back without waiting; if that fails they end by themselves. */
    void release(Map<String, byte[]> tokens) {
        tier2.release(tokens).exceptionally(failure -> {
            counters.tier2Failures.increment();
            return null;
        });
    }
}
