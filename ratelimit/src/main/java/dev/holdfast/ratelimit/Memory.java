package dev.holdfast.ratelimit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of subjects: what Redis last said of them, and what it granted them itself while Redis was away.
 *
 * <p>Bounded: subjects beyond the capacity take the place of those of which least would be lost. Entries are guarded by their
 * monitors, held for a few sums.
 */
final class Memory {
    /** One subject in one scope. */
    static final class Known extends Table.Entry {
        private @Nullable Terms terms;
        private long[] state = {};
        private long at;

        /** When a share is in use: by which plan, of how many nodes, its state, and what it would be without any grant. */
        private @Nullable ActivePlan plan;

        private @Nullable Terms shareTerms;
        private long[] share = {};
        private long[] seed = {};
        private int nodes = 1;
        private boolean owing;

        private volatile long fullAt;

        private @Nullable Offence offence;
        private volatile long forgottenAt;

        Known(Subject subject, String scope) {
            super(subject, scope);
        }

        @Override
        long worth(long now) {
            return Math.max(fullAt, forgottenAt) - now;
        }

        private Offence offence() {
            Offence made = offence;
            if (made == null) {
                made = new Offence();
                offence = made;
            }
            return made;
        }

        /** What a refusal here leads to; guarded by the monitor as all of this. */
        private long refused(Penalty penalty, long now) {
            long blocked = offence().refused(penalty, 1, now);
            forgottenAt = offence().forgottenAt(penalty);
            return blocked;
        }
    }

    /** Sends a force-charge; completes with the state after it. */
    interface Collector {
        CompletableFuture<long[]> charge(ActivePlan plan, Subject subject, long[] amounts);
    }

    private final Table<Known> table;
    private final AtomicInteger owing = new AtomicInteger();
    private final LongAdder charged = new LongAdder();

    Memory(int capacity) {
        table = new Table<>(capacity);
    }

    /** Keeps what Redis said of a subject. The state must not change any more. */
    void remember(ActivePlan plan, Subject subject, long[] state, long now) {
        Known known = table.get(subject, plan.scope(), now, Known::new);
        long fullAt = now + plan.terms().resetMicros(state);
        synchronized (known) {
            if (known.terms == plan.terms() && known.state[0] > state[0]) {
                return; // Answers may be told in another order than they were given.
            }
            known.terms = plan.terms();
            known.state = state;
            known.at = now;
            if (!known.owing) {
                known.shareTerms = null; // Redis decides again; another outage begins with what it said last.
                known.fullAt = fullAt;
            }
        }
    }

    /** Keeps that Redis said a subject is blocked, so that it stays so while Redis is away. */
    void blocked(ActivePlan plan, Subject subject, long micros, long now) {
        Known known = table.get(subject, plan.scope(), now, Known::new);
        synchronized (known) {
            known.offence().heard(micros, now);
            known.forgottenAt = Math.max(known.forgottenAt, now + micros);
        }
    }

    /** A grant of this node alone, without a share of anything: there is no Redis. */
    Decision alone(ActivePlan plan, Subject subject, long cost, long count, long patience, long now) {
        return grant(plan, subject, plan.terms(), 0, cost, count, patience, now, false, false);
    }

    /** A grant out of this node's share. */
    Decision share(
            ActivePlan plan,
            Subject subject,
            int nodes,
            long cost,
            long count,
            long patience,
            long now,
            boolean beginEmpty,
            boolean possiblyCharged) {
        return grant(plan, subject, plan.share(nodes), nodes, cost, count, patience, now, beginEmpty, possiblyCharged);
    }

    private Decision grant(
            ActivePlan plan,
            Subject subject,
            Terms terms,
            int nodes,
            long cost,
            long count,
            long patience,
            long now,
            boolean beginEmpty,
            boolean possiblyCharged) {
        Known known = table.get(subject, plan.scope(), now, Known::new);
        long[] after = new long[terms.size()];
        long granted;
        Penalty penalty = plan.plan().penalty();
        long blocked = 0;
        synchronized (known) {
            begin(known, plan, terms, nodes, now, beginEmpty);
            System.arraycopy(known.share, 0, after, 0, after.length);
            terms.advance(after, now);
            if (penalty != null) {
                blocked = known.offence().blocked(penalty, now);
            }
            granted = count == 0 || blocked > 0 ? 0 : terms.take(after, cost, count, patience);
            if (penalty != null && granted == 0 && count > 0 && blocked == 0) {
                blocked = known.refused(penalty, now);
            }
            if (granted > 0) {
                System.arraycopy(after, 0, known.share, 0, after.length);
                known.fullAt = now + terms.resetMicros(after);
                if (nodes > 0 && possiblyCharged) {
                    // Redis may have charged it: it is not owed, so that nothing is charged twice.
                    terms.advance(known.seed, now);
                    terms.charge(known.seed, cost * granted);
                } else if (nodes > 0 && !known.owing) {
                    known.owing = true;
                    owing.incrementAndGet();
                }
            }
        }
        long wait = granted > 0 ? terms.debtMicros(after) : terms.waitMicros(after, cost);
        if (wait == Algorithm.NEVER) {
            wait = 1_000_000; // More than a share holds, but not more than the limit: Redis will have to say.
        }
        return new Decision(
                blocked > 0 ? Decision.Source.PENALTY : nodes == 0 ? Decision.Source.LOCAL : Decision.Source.FALLBACK,
                plan,
                terms,
                cost,
                granted * cost,
                false,
                after[0] - now,
                Math.max(blocked, after[0] - now + wait),
                after,
                0);
    }

    private static void begin(Known known, ActivePlan plan, Terms terms, int nodes, long now, boolean beginEmpty) {
        Terms before = known.shareTerms;
        if (before == terms) {
            known.plan = plan;
            return;
        }
        if (before != null) {
            known.share = terms.adopt(before, known.share, now);
            known.seed = terms.adopt(before, known.seed, now);
        } else if (nodes > 0 && known.terms != null) {
            Terms whole = plan.terms();
            long[] state =
                    known.terms == whole ? known.state.clone() : whole.adopt(known.terms, known.state, known.state[0]);
            whole.advance(state, state[0] + Math.max(0, now - known.at));
            known.share = whole.toShare(state, nodes, now);
            known.seed = known.share.clone();
        } else {
            known.share = beginEmpty ? terms.exhausted(now) : new long[terms.size()];
            known.share[0] = now;
            known.seed = known.share.clone();
        }
        known.shareTerms = terms;
        known.plan = plan;
        known.nodes = Math.max(1, nodes);
    }

    /** Gives permits back that this node granted alone. */
    void refund(ActivePlan plan, Subject subject, long permits, long now) {
        Known known = table.get(subject, plan.scope());
        if (known == null) {
            return;
        }
        synchronized (known) {
            Terms terms = known.shareTerms;
            if (terms != null) {
                terms.advance(known.share, now);
                terms.refund(known.share, permits);
            }
        }
    }

    void forget(ActivePlan plan, Subject subject) {
        Known known = table.get(subject, plan.scope());
        if (known != null) {
            synchronized (known) {
                if (known.owing) {
                    known.owing = false;
                    owing.decrementAndGet();
                }
            }
            table.remove(subject, plan.scope());
        }
    }

    /** Subjects with grants that Redis does not know of. */
    int owing() {
        return owing.get();
    }

    /** Whether anything was granted here that Redis does not know of. */
    boolean owes() {
        return owing.get() > 0;
    }

    /** Charges what this node granted a subject alone, before anything else is asked about it. */
    void settle(ActivePlan plan, Subject subject, long now, Collector collector) {
        Known known = table.get(subject, plan.scope());
        if (known != null) {
            var unused = settle(known, now, collector);
        }
    }

    /** The same for all, at most {@code atOnce} calls at a time. */
    void settleAll(long now, int atOnce, Collector collector) {
        CompletableFuture<?>[] calls = new CompletableFuture<?>[atOnce];
        int[] open = {0};
        table.forEach(known -> {
            CompletableFuture<?> call = owes() ? settle(known, now, collector) : null;
            if (call != null) {
                calls[open[0]++] = call;
                if (open[0] == atOnce) {
                    awaitAll(calls, atOnce);
                    open[0] = 0;
                }
            }
        });
        awaitAll(calls, open[0]);
    }

    /** Every call ends within its deadline. */
    private static void awaitAll(CompletableFuture<?>[] calls, int count) {
        for (int i = 0; i < count; i++) {
            calls[i].exceptionally(failure -> null).join();
        }
    }

    private @Nullable CompletableFuture<?> settle(Known known, long now, Collector collector) {
        ActivePlan plan;
        long[] amounts;
        long[] seed;
        synchronized (known) {
            plan = known.plan;
            Terms terms = known.shareTerms;
            if (!known.owing || plan == null || terms == null) {
                return null;
            }
            terms.advance(known.share, now);
            terms.advance(known.seed, now);
            amounts = plan.terms().owed(known.share, known.seed, known.nodes);
            // The share stays as it is until Redis has answered, in case it is needed once more.
            seed = known.seed;
            known.seed = known.share.clone();
            known.owing = false;
        }
        owing.decrementAndGet();
        boolean any = false;
        for (long amount : amounts) {
            any |= amount > 0;
        }
        if (!any) {
            return null;
        }
        return collector.charge(plan, known.subject, amounts).whenComplete((state, failure) -> {
            if (failure == null) {
                charged.increment();
                remember(plan, known.subject, state, now);
            } else if (!Checks.possiblyCharged(failure)) {
                owesStill(known, seed);
            }
        });
    }

    /** Redis was away again: what was owed still is. */
    private void owesStill(Known known, long[] seed) {
        synchronized (known) {
            if (known.shareTerms != null && known.seed.length == seed.length) {
                known.seed = seed;
                if (!known.owing) {
                    known.owing = true;
                    owing.incrementAndGet();
                }
            }
        }
    }

    int capacity() {
        return table.capacity();
    }

    /** Subjects whose grants were charged after the fact. */
    long charged() {
        return charged.sum();
    }
}
