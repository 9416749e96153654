package dev.holdfast.ratelimit;

import dev.holdfast.core.Threads;
import dev.holdfast.core.Ticker;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisMode;
import dev.holdfast.core.redis.Registration;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The limiter: asks what it knows itself, then Redis, then the fallback, and counts what came of it.
 *
 * <p>Takes no lock of its own. One thread leaves heartbeats, settles what was granted while Redis was away, and gives unused
 * leases back.
 */
final class FleetLimiter implements RateLimiter, Checks.Judge {
    private static final Logger LOG = LoggerFactory.getLogger(RateLimiter.class);
    private static final long CLOSED_WAIT_MICROS = 1_000_000;
    private static final int SETTLED_AT_ONCE = 256;

    private final LimiterSettings settings;
    private final RedisLink link;
    private final Plans plans;
    private final Ticker ticker;
    private final long origin;
    private final boolean local;
    private final Fallback fallback;
    private final boolean remembers;

    private final Checks checks;
    private final DenyCache denials;
    private final Memory memory;
    private final Leases leases;
    private final Fleet fleet;
    private final Outage outage;
    private final Tally tally;

    private final @Nullable ScheduledThreadPoolExecutor upkeep;
    private final Registration listening;

    FleetLimiter(LimiterSettings settings) {
        this.settings = settings;
        link = settings.link();
        plans = settings.plans();
        ticker = settings.ticker();
        origin = ticker.read();
        tally = new Tally(ticker);
        local = link.mode() == RedisMode.DISABLED;
        fallback = settings.fallback();
        remembers = fallback instanceof Fallback.Share;
        checks = new Checks(link, ticker, settings.timeout(), this);
        denials = new DenyCache(settings.denyCacheSize());
        memory = new Memory(settings.maximumLocalSubjects());
        leases = new Leases(Math.max(8, settings.maximumLocalSubjects() / 10));
        fleet = new Fleet(link, settings.keyPrefix(), settings.name(), settings.heartbeat());
        outage = new Outage(settings.name());
        if (local) {
            upkeep = null;
            listening = () -> {};
        } else {
            upkeep = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-ratelimit-" + settings.name()));
            long nanos = settings.heartbeat().toNanos();
            var unused = upkeep.scheduleWithFixedDelay(this::upkeep, 0, nanos, TimeUnit.NANOSECONDS);
            listening = link.addListener(change -> {
                if (change.to() == LinkState.UP) {
                    upkeepNow();
                }
            });
        }
    }

    // ---- upkeep, on its own thread

    private void upkeepNow() {
        try {
            Objects.requireNonNull(upkeep).execute(this::upkeep);
        } catch (RejectedExecutionException e) {
            return; // closed
        }
    }

    private void upkeep() {
        try {
            if (link.state() != LinkState.UP) {
                return;
            }
            fleet.beat(settings.timeout(), micros());
            if (memory.owes()) {
                memory.settleAll(micros(), SETTLED_AT_ONCE, this::charge);
            }
            for (Leases.Unused lease : leases.expired(ticker.read())) {
                var unused = send(lease.plan(), lease.subject(), CheckScript.REFUND, lease.permits(), 1, 0);
            }
        } catch (RedisException e) {
            outage.missedBeat(e);
        } catch (RuntimeException | Error e) {
            LOG.error("Limiter '{}': upkeep failed", settings.name(), e);
        }
    }

    private CompletableFuture<long[]> charge(ActivePlan plan, Subject subject, long[] amounts) {
        ByteBuffer packed = ByteBuffer.allocate(7 * amounts.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long amount : amounts) {
            Algorithm.put7(packed, Math.min(amount, Algorithm.MAX - 1));
        }
        byte[][] keys = {plan.key(subject)};
        byte[] head = CheckScript.head(CheckScript.FORCE, 1, 1, 0);
        return link.callAsync(
                        settings.timeout(),
                        commands -> CheckScript.run(
                                commands, keys, head, plan.terms().encoded(), packed.array()))
                .thenApply(bytes -> {
                    ByteBuffer reply = CheckScript.reply(bytes);
                    reply.position(14);
                    return plan.terms().decode(reply);
                });
    }

    private CompletableFuture<byte[]> send(
            ActivePlan plan, Subject subject, byte op, long cost, long count, long patience) {
        byte[] key = plan.key(subject);
        byte[] head = CheckScript.head(op, cost, count, patience);
        return link.callAsync(
                settings.timeout(),
                commands -> CheckScript.run(commands, key, head, plan.terms().encoded()));
    }

    // ---- checks

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public Plans plans() {
        return plans;
    }

    @Override
    public Decision tryAcquire(Subject subject, String plan, long cost) {
        return take(Objects.requireNonNull(subject, "subject"), plans.require(plan), checked(cost));
    }

    @Override
    public CompletableFuture<Decision> tryAcquireAsync(Subject subject, String plan, long cost) {
        return takeAsync(Objects.requireNonNull(subject, "subject"), plans.require(plan), checked(cost));
    }

    @Override
    public Decision check(Subject subject, String endpoint) {
        ActivePlan plan = plans.resolve(Objects.requireNonNull(subject, "subject"), endpoint);
        return plan == null ? skipped() : take(subject, plan, 1);
    }

    @Override
    public CompletableFuture<Decision> checkAsync(Subject subject, String endpoint) {
        ActivePlan plan = plans.resolve(Objects.requireNonNull(subject, "subject"), endpoint);
        return plan == null ? CompletableFuture.completedFuture(skipped()) : takeAsync(subject, plan, 1);
    }

    private Decision skipped() {
        tally.skipped();
        return Decision.bare(Decision.Source.SKIPPED, null, 1, 1, 0);
    }

    private static long checked(long permits) {
        if (permits < 1) {
            throw new IllegalArgumentException("cost " + permits + " < 1: a request costs at least 1 permit");
        }
        return permits;
    }

    private Decision take(Subject subject, ActivePlan plan, long cost) {
        long start = ticker.read();
        Decision quick = withoutRedis(plan, subject, cost, start);
        if (quick != null) {
            return counted(plan, subject, quick, start);
        }
        Decision decision;
        try {
            decision = checks.take(plan, subject, cost, start);
        } catch (RedisException e) {
            decision = failed(plan, subject, cost, e.possiblyExecuted());
        }
        return told(plan, subject, decision, start);
    }

    private CompletableFuture<Decision> takeAsync(Subject subject, ActivePlan plan, long cost) {
        long start = ticker.read();
        Decision quick = withoutRedis(plan, subject, cost, start);
        return quick != null
                ? CompletableFuture.completedFuture(counted(plan, subject, quick, start))
                : checks.takeAsync(plan, subject, cost, start);
    }

    /** What can be decided without a call; null if one is needed. */
    private @Nullable Decision withoutRedis(ActivePlan plan, Subject subject, long cost, long now) {
        if (cost > plan.terms().capacity()) {
            return Decision.bare(Decision.Source.NEVER, plan, cost, 0, Algorithm.NEVER);
        }
        if (local) {
            return memory.alone(plan, subject, cost, 1, 0, micros(now));
        }
        if (plan.plan().leased() > 0) {
            Decision leased = leases.take(plan, subject, cost, now);
            if (leased != null) {
                return leased;
            }
        }
        Decision denied = denials.find(plan, subject, cost, now);
        if (denied == null && memory.owes() && link.state() == LinkState.UP) {
            // On the same connection, so before the check that follows.
            memory.settle(plan, subject, micros(now), this::charge);
        }
        return denied;
    }

    @Override
    public void answered(Line line, Checks.Answer answer) {
        outage.over();
        if (remembers) {
            memory.remember(line.plan, line.subject, answer.state, micros(answer.answered));
        }
        if (remembers && answer.blocked > 0) {
            memory.blocked(line.plan, line.subject, answer.blocked, micros(answer.answered));
        }
        // Each refusal that leads to a penalty has to be counted in Redis; the penalty itself may be remembered.
        if (answer.granted < answer.checks && (!line.plan.punishes() || answer.blocked > 0)) {
            denials.put(
                    new DenyCache.Refusal(
                            line.subject,
                            line.plan,
                            answer.cost,
                            answer.asked,
                            answer.answered,
                            answer.waitMicros(),
                            answer.state,
                            answer.lead,
                            answer.blocked),
                    answer.answered);
        }
        if (line.plan.plan().leased() > 0) {
            if (answer.blocked > 0) {
                leases.forget(line.plan, line.subject); // Nobody who is blocked has any use for them.
            } else {
                leases.answered(line.subject, answer, answer.answered);
            }
        }
    }

    @Override
    public long ahead(ActivePlan plan, Subject subject, long cost) {
        return plan.plan().leased() == 0 ? 0 : leases.ahead(plan, subject, cost);
    }

    @Override
    public Decision failed(ActivePlan plan, Subject subject, long cost, boolean possiblyCharged) {
        return fallBack(plan, subject, cost, 1, 0, possiblyCharged);
    }

    private Decision fallBack(
            ActivePlan plan, Subject subject, long cost, long count, long patience, boolean possiblyCharged) {
        outage.began(link.state());
        if (fallback instanceof Fallback.Share share) {
            int nodes = Math.max(share.minimumNodes(), fleet.nodes());
            return memory.share(
                    plan, subject, nodes, cost, count, patience, micros(), share.beginEmpty(), possiblyCharged);
        }
        boolean open = fallback instanceof Fallback.Open;
        return Decision.bare(
                Decision.Source.FALLBACK, plan, cost, open ? cost * count : 0, open ? 0 : CLOSED_WAIT_MICROS);
    }

    /** Every decision that took a call passes here once, before its caller sees it. */
    @Override
    public Decision told(ActivePlan plan, Subject subject, Decision decision, long start) {
        long now = ticker.read();
        tally.took(now - start);
        return counted(plan, subject, decision, now);
    }

    /** Every decision passes here once. */
    private Decision counted(ActivePlan plan, Subject subject, Decision decision, long now) {
        tally.count(plan, subject, decision, now);
        return plan.plan().isShadow() && decision.permits() == 0 ? decision.inShadow() : decision;
    }

    // ---- the rarer forms

    @Override
    public Decision tryAcquireUpTo(Subject subject, String name, long permits) {
        ActivePlan plan = plans.require(name);
        long most = Math.min(checked(permits), plan.terms().capacity());
        return direct(plan, Objects.requireNonNull(subject, "subject"), CheckScript.TAKE, 1, most, 0);
    }

    @Override
    public Decision reserve(Subject subject, String name, long cost, Duration maxWait) {
        ActivePlan plan = plans.require(name);
        checked(cost);
        if (cost > plan.terms().capacity()) {
            Decision never = Decision.bare(Decision.Source.NEVER, plan, cost, 0, Algorithm.NEVER);
            return told(plan, subject, never, ticker.read());
        }
        boolean waits = plan.terms().reservable() && !maxWait.isNegative() && !maxWait.isZero();
        long patience = waits ? bounded(maxWait).toNanos() / 1_000 : 0;
        byte op = waits ? CheckScript.RESERVE : CheckScript.TAKE;
        return direct(plan, Objects.requireNonNull(subject, "subject"), op, cost, 1, patience);
    }

    private static Duration bounded(Duration maxWait) {
        return maxWait.compareTo(Limit.LONGEST) > 0 ? Limit.LONGEST : maxWait;
    }

    @Override
    public Decision peek(Subject subject, String name) {
        ActivePlan plan = plans.require(name);
        return direct(plan, Objects.requireNonNull(subject, "subject"), CheckScript.TAKE, 1, 0, 0);
    }

    /** One call for one check that is not merged with others. A count of 0 looks only. */
    private Decision direct(ActivePlan plan, Subject subject, byte op, long cost, long count, long patience) {
        long start = ticker.read();
        Decision decision;
        if (local) {
            decision = looked(count, memory.alone(plan, subject, cost, count, patience, micros(start)));
        } else {
            if (memory.owes() && link.state() == LinkState.UP) {
                memory.settle(plan, subject, micros(start), this::charge);
            }
            try {
                byte[][] keys = plan.keys(subject);
                // Who takes what there is is refused only if there is nothing.
                long wished = op == CheckScript.TAKE && count > 1 ? count - 1 : patience;
                byte[] head = CheckScript.head(op, cost, count, wished);
                byte[] reply = Objects.requireNonNull(link.call(
                        settings.timeout(), commands -> CheckScript.run(commands, keys, head, plan.encoded())));
                outage.over();
                Checks.Answer answer = new Checks.Answer(plan, cost, 1, start, ticker.read(), CheckScript.reply(reply));
                decision = looked(count, alone(answer));
            } catch (RedisException e) {
                decision = looked(
                        count, fallBack(plan, subject, cost, count, patience, e.possiblyExecuted() && count > 0));
            }
        }
        return count == 0 ? decision : told(plan, subject, decision, start);
    }

    private static Decision alone(Checks.Answer answer) {
        boolean any = answer.granted > 0;
        return new Decision(
                any ? Decision.Source.REDIS : answer.refuser(),
                answer.plan,
                answer.plan.terms(),
                answer.cost,
                answer.granted * answer.cost,
                false,
                answer.lead,
                any
                        ? answer.lead * Long.signum(answer.plan.terms().debtMicros(answer.state))
                                + answer.plan.terms().debtMicros(answer.state)
                        : answer.waitMicros(),
                answer.state,
                0);
    }

    /** A look that found the permits there is what a check would be that takes them. */
    private static Decision looked(long count, Decision decision) {
        return count == 0 ? decision.asLook() : decision;
    }

    @Override
    public Decision acquire(Subject subject, String plan, long cost, Duration maxWait) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("before anything was asked for");
        }
        long start = ticker.read();
        Decision decision = reserve(subject, plan, cost, maxWait);
        while (!decision.allowed()
                && !decision.never()
                && !plans.require(plan).terms().reservable()) {
            long left = bounded(maxWait).toNanos() - (ticker.read() - start);
            Duration wait = decision.retryAfter().orElseThrow();
            if (wait.toNanos() > left) {
                return decision;
            }
            TimeUnit.NANOSECONDS.sleep(wait.toNanos());
            decision = tryAcquire(subject, plan, cost);
        }
        if (decision.allowed() && !decision.delay().isZero()) {
            try {
                TimeUnit.NANOSECONDS.sleep(decision.delay().toNanos());
            } catch (InterruptedException e) {
                undo(plans.require(plan), subject, decision);
                throw e;
            }
        }
        return decision;
    }

    @Override
    public List<Decision> tryAcquireAll(List<Ask> asked) {
        List<Ask> asks = List.copyOf(asked);
        if (asks.isEmpty()) {
            throw new IllegalArgumentException("nothing is asked for: give at least one Ask");
        }
        return new Together(this, asks).decide();
    }

    /** All keys in one call. */
    byte[] callAll(byte[][] keys, byte[][] args) {
        byte[] reply = Objects.requireNonNull(
                link.call(settings.timeout(), commands -> CheckScript.run(commands, keys, args)));
        outage.over();
        return reply;
    }

    boolean isLocal() {
        return local;
    }

    boolean isCluster() {
        return link.mode() == RedisMode.CLUSTER;
    }

    Ticker ticker() {
        return ticker;
    }

    /** A single decision, not yet told. */
    Decision decide(ActivePlan plan, Subject subject, long cost) {
        if (cost > plan.terms().capacity()) {
            return Decision.bare(Decision.Source.NEVER, plan, cost, 0, Algorithm.NEVER);
        }
        long now = ticker.read();
        if (local) {
            return memory.alone(plan, subject, cost, 1, 0, micros(now));
        }
        try {
            return checks.take(plan, subject, cost, now);
        } catch (RedisException e) {
            return failed(plan, subject, cost, e.possiblyExecuted());
        }
    }

    void settleBefore(ActivePlan plan, Subject subject) {
        if (!local && memory.owes() && link.state() == LinkState.UP) {
            memory.settle(plan, subject, micros(), this::charge);
        }
    }

    /** Gives back what a decision took, where it took it. */
    void undo(ActivePlan plan, Subject subject, Decision decision) {
        if (decision.source() == Decision.Source.FALLBACK || decision.source() == Decision.Source.LOCAL) {
            memory.refund(plan, subject, decision.permits(), micros());
        } else if (decision.permits() > 0) {
            var unused = giveBack(plan, subject, decision.permits());
        }
    }

    @Override
    public boolean refund(Subject subject, String name, long permits) {
        ActivePlan plan = plans.require(name);
        Objects.requireNonNull(subject, "subject");
        long back = Math.min(checked(permits), plan.terms().capacity());
        if (local) {
            memory.refund(plan, subject, back, micros());
            return true;
        }
        return done(giveBack(plan, subject, back));
    }

    private CompletableFuture<byte[]> giveBack(ActivePlan plan, Subject subject, long permits) {
        denials.remove(plan, subject);
        return send(plan, subject, CheckScript.REFUND, permits, 1, 0).whenComplete((reply, failure) -> {
            // A refusal may have been answered between the first removal and the refund.
            denials.remove(plan, subject);
        });
    }

    @Override
    public boolean reset(Subject subject, String name) {
        ActivePlan plan = plans.require(name);
        Objects.requireNonNull(subject, "subject");
        memory.forget(plan, subject);
        leases.forget(plan, subject);
        if (local) {
            return true;
        }
        byte[][] keys = plan.keys(subject);
        boolean done = done(link.callAsync(settings.timeout(), commands -> commands.del(keys)));
        denials.remove(plan, subject);
        return done;
    }

    private static boolean done(CompletableFuture<?> call) {
        return call.handle((reply, failure) -> failure == null).join();
    }

    // ---- how it is

    Tally tally() {
        return tally;
    }

    Memory memory() {
        return memory;
    }

    Outage outage() {
        return outage;
    }

    int nodes() {
        return local ? 1 : fleet.nodes();
    }

    LimiterSettings settings() {
        return settings;
    }

    @Override
    public HealthProbe healthProbe() {
        return new LimiterProbe(this);
    }

    @Override
    public List<RefusedSubject> mostRefused(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("most " + most + " < 1: ask for at least one subject");
        }
        return tally.top(most).stream()
                .map(counted -> new RefusedSubject(
                        settings.showSubjects()
                                ? counted.subject().toString()
                                : counted.subject().hashed(),
                        counted.refusals(),
                        counted.error()))
                .toList();
    }

    @Override
    public MeterBinder metrics() {
        return new LimiterMetrics(this);
    }

    @Override
    public void close() {
        listening.close();
        if (upkeep != null && !upkeep.isShutdown()) {
            upkeep.shutdownNow();
            fleet.leave(settings.timeout());
        }
    }

    private long micros() {
        return micros(ticker.read());
    }

    private long micros(long nanos) {
        return (nanos - origin) / 1_000;
    }

    @Override
    public String toString() {
        return "RateLimiter[" + settings.name() + ", " + (local ? "local" : link.toString()) + "]";
    }
}
