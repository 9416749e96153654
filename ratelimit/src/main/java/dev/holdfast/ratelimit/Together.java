package dev.holdfast.ratelimit;

import dev.holdfast.core.redis.RedisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Several requests that are granted together or not at all. Made for one use by one thread. */
final class Together {
    private record Counter(Subject subject, String scope) {}

    private final FleetLimiter limiter;
    private final List<Ask> asks;
    private final List<ActivePlan> plans = new ArrayList<>();

    Together(FleetLimiter limiter, List<Ask> asks) {
        this.limiter = limiter;
        this.asks = asks;
        Set<Counter> counters = new HashSet<>();
        for (Ask ask : asks) {
            ActivePlan plan = limiter.plans().require(ask.plan());
            plans.add(plan);
            if (!counters.add(new Counter(ask.subject(), plan.scope()))) {
                throw new IllegalArgumentException("subject '" + ask.subject() + "' is asked twice in scope '"
                        + plan.scope() + "': ask once, with the sum of the costs");
            }
        }
    }

    List<Decision> decide() {
        long start = limiter.ticker().read();
        List<Decision> decisions = atOnce() ? inOneCall() : oneByOne();
        List<Decision> told = new ArrayList<>(decisions.size());
        for (int i = 0; i < asks.size(); i++) {
            told.add(limiter.told(plans.get(i), asks.get(i).subject(), decisions.get(i), start));
        }
        return told;
    }

    private boolean atOnce() {
        if (limiter.isLocal() || plans.stream().anyMatch(plan -> plan.plan().isShadow())) {
            return false;
        }
        for (int i = 0; i < asks.size(); i++) {
            if (asks.get(i).cost() > plans.get(i).terms().capacity()) {
                return false;
            }
        }
        return !limiter.isCluster()
                || asks.stream().map(ask -> ask.subject().hashTag()).distinct().count() == 1;
    }

    private List<Decision> inOneCall() {
        int n = asks.size();
        List<byte[]> keys = new ArrayList<>(n);
        List<byte[]> penalties = new ArrayList<>();
        byte[][] args = new byte[n + 2][];
        ByteBuffer costs = ByteBuffer.allocate(7 * n).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            limiter.settleBefore(plans.get(i), asks.get(i).subject());
            byte[][] own = plans.get(i).keys(asks.get(i).subject());
            keys.add(own[0]);
            if (own.length > 1) {
                penalties.add(own[1]);
            }
            args[i + 1] = plans.get(i).encoded();
            Algorithm.put7(costs, asks.get(i).cost());
        }
        args[0] = CheckScript.head(CheckScript.TAKE, 1, 1, 0);
        args[n + 1] = costs.array();
        keys.addAll(penalties);
        ByteBuffer reply;
        try {
            reply = CheckScript.reply(limiter.callAll(keys.toArray(byte[][]::new), args));
        } catch (RedisException e) {
            List<Decision> fallen = new ArrayList<>(n);
            for (int i = 0; i < n; i++) {
                fallen.add(limiter.failed(
                        plans.get(i), asks.get(i).subject(), asks.get(i).cost(), e.possiblyExecuted()));
            }
            return allOrNone(fallen);
        }
        boolean granted = Algorithm.get7(reply) > 0;
        long clock = Algorithm.get7(reply);
        List<long[]> states = new ArrayList<>(n);
        long[] blocks = new long[n];
        long wait = 0;
        for (int i = 0; i < n; i++) {
            Terms terms = plans.get(i).terms();
            long[] state = terms.decode(reply);
            states.add(state);
            long needed = terms.waitMicros(state, asks.get(i).cost());
            wait = Math.max(wait, needed == 0 ? 0 : state[0] - clock + needed);
            if (plans.get(i).punishes()) {
                blocks[i] = Algorithm.get7(reply);
                wait = Math.max(wait, blocks[i]);
            }
        }
        List<Decision> decisions = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            long cost = asks.get(i).cost();
            decisions.add(new Decision(
                    !granted && blocks[i] > 0 ? Decision.Source.PENALTY : Decision.Source.REDIS,
                    plans.get(i),
                    plans.get(i).terms(),
                    cost,
                    granted ? cost : 0,
                    false,
                    states.get(i)[0] - clock,
                    granted ? 0 : wait,
                    states.get(i),
                    0));
        }
        return decisions;
    }

    private List<Decision> oneByOne() {
        List<Decision> decisions = new ArrayList<>(asks.size());
        for (int i = 0; i < asks.size(); i++) {
            limiter.settleBefore(plans.get(i), asks.get(i).subject());
            decisions.add(limiter.decide(
                    plans.get(i), asks.get(i).subject(), asks.get(i).cost()));
            if (refused(i, decisions.get(i))) {
                break;
            }
        }
        return allOrNone(decisions);
    }

    private boolean refused(int index, Decision decision) {
        return !decision.allowed() && !plans.get(index).plan().isShadow();
    }

    /** Takes back what was granted if something was not, and says the same of all. */
    private List<Decision> allOrNone(List<Decision> decisions) {
        int refusal = -1;
        for (int i = 0; i < decisions.size(); i++) {
            if (refused(i, decisions.get(i))) {
                refusal = i;
            }
        }
        if (refusal < 0) {
            return decisions;
        }
        for (int i = 0; i < decisions.size(); i++) {
            if (decisions.get(i).allowed()) {
                limiter.undo(plans.get(i), asks.get(i).subject(), decisions.get(i));
            }
        }
        long wait = decisions.get(refusal).waitMicros();
        List<Decision> all = new ArrayList<>(Collections.nCopies(asks.size(), decisions.get(refusal)));
        for (int i = 0; i < all.size(); i++) {
            if (i < decisions.size() && !decisions.get(i).allowed()) {
                all.set(i, decisions.get(i));
            } else {
                all.set(
                        i,
                        Decision.bare(
                                decisions.get(refusal).source(),
                                plans.get(i),
                                asks.get(i).cost(),
                                0,
                                wait));
            }
        }
        return all;
    }
}
