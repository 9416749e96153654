package dev.holdfast.ratelimit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Permits that this node took ahead of demand. They are charged already; what is not used within a second goes back.
 *
 * <p>How many are taken follows what the subject used lately, so one that asks seldom gets none. Entries are guarded by
 * their monitors.
 */
final class Leases {
    private static final long LIFE_NANOS = 1_000_000_000L;
    /** Demand is measured over so long, and taken ahead for as long. */
    private static final long PERIOD_NANOS = 100_000_000L;

    /** What a node holds of one subject. */
    static final class Lease extends Table.Entry {
        private @Nullable ActivePlan plan;
        private long permits;
        private long until;
        private long[] state = {};
        private long lead;
        private long used;
        private long since;
        private long demand;

        Lease(Subject subject, String scope) {
            super(subject, scope);
        }

        @Override
        synchronized long worth(long now) {
            return permits + demand;
        }
    }

    /** Permits to be given back. */
    record Unused(ActivePlan plan, Subject subject, long permits) {}

    private final Table<Lease> leases;

    Leases(int capacity) {
        leases = new Table<>(capacity);
    }

    /** A grant out of what is held, or null. Time in nanoseconds. */
    @Nullable
    Decision take(ActivePlan plan, Subject subject, long cost, long now) {
        Lease lease = leases.get(subject, plan.scope());
        if (lease == null) {
            return null;
        }
        synchronized (lease) {
            if (lease.plan != plan || lease.permits < cost || lease.until - now <= 0) {
                return null;
            }
            lease.permits -= cost;
            lease.used += cost;
            return new Decision(
                    Decision.Source.LEASE, plan, plan.terms(), cost, cost, false, lease.lead, 0, lease.state, 0);
        }
    }

    /** How often the cost shall be taken ahead. */
    long ahead(ActivePlan plan, Subject subject, long cost) {
        Lease lease = leases.get(subject, plan.scope());
        if (lease == null) {
            return 0;
        }
        synchronized (lease) {
            long room = Math.min(plan.plan().leased(), lease.demand) - lease.permits;
            return lease.plan == plan ? Math.max(0, room / cost) : 0;
        }
    }

    /** Redis granted something: what is beyond the checks is held. */
    void answered(Subject subject, Checks.Answer answer, long now) {
        Lease lease = leases.get(subject, answer.plan.scope(), now, Lease::new);
        synchronized (lease) {
            if (lease.plan != answer.plan) {
                lease.plan = answer.plan;
                lease.permits = 0;
                lease.since = now;
                lease.used = 0;
                lease.demand = 0;
            }
            lease.used += answer.checks * answer.cost;
            long passed = now - lease.since;
            if (passed >= PERIOD_NANOS) {
                lease.demand = (long) ((double) lease.used * PERIOD_NANOS / passed);
                lease.since = now;
                lease.used = 0;
            }
            long more = (answer.granted - answer.checks) * answer.cost;
            if (more > 0) {
                lease.permits += more;
                lease.until = now + LIFE_NANOS;
                lease.state = answer.state;
                lease.lead = answer.lead;
            }
        }
    }

    /** Ends leases that are over. */
    List<Unused> expired(long now) {
        List<Unused> unused = new ArrayList<>();
        leases.forEach(lease -> {
            synchronized (lease) {
                if (lease.permits > 0 && lease.until - now <= 0 && lease.plan != null) {
                    unused.add(new Unused(lease.plan, lease.subject, lease.permits));
                    lease.permits = 0;
                }
            }
        });
        return unused;
    }

    void forget(ActivePlan plan, Subject subject) {
        leases.remove(subject, plan.scope());
    }
}
