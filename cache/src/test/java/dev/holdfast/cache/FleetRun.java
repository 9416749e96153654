package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.Fleet.Member;
import dev.holdfast.cache.FleetFaults.Fault;
import dev.holdfast.cache.FleetFaults.Loss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run of a fleet: operations of ten threads, in episodes, each of which a fault strikes in its midst; between two
 * episodes the fleet comes in step again, and now and then a node starts anew or its clock jumps.
 */
final class FleetRun implements AutoCloseable {
    private static final int THREADS = 10;
    private static final int EPISODE = 200;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    private final FleetPlan plan;
    private final Fleet fleet;
    private final LongSupplier newestStamp;
    private final Random random;
    private final VersionedSource source = new VersionedSource();
    private final FleetHistory history;
    private final FleetWorkload workload;
    private final AtomicReferenceArray<Member> members = new AtomicReferenceArray<>(Fleet.NODES);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final Map<Thread, Integer> running = new java.util.concurrent.ConcurrentHashMap<>();
    private final Object turns = new Object();
    private int next;
    private int limit;
    private int done;
    private boolean over;

    FleetRun(FleetPlan plan, Random random, Fleet fleet, LongSupplier newestStamp) {
        this.plan = plan;
        this.random = random;
        this.fleet = fleet;
        this.newestStamp = newestStamp;
        this.history = new FleetHistory(plan.rollsBack);
        this.workload = new FleetWorkload(plan, source, history, members::get, threads);
        for (int node = 0; node < Fleet.NODES; node++) {
            start(node);
        }
    }

    private void start(int node) {
        members.set(node, fleet.start(node, plan.cacheName(), steps(node), plan.settings(source)));
    }

    /** Half of the runs take a breath now and then where others may overtake; the others run as production does. */
    private Steps steps(int node) {
        if (!plan.pauses && fleet.beforeReissue == Fleet.NOTHING) {
            return Steps.NONE;
        }
        return (step, key) -> {
            Member member = members.get(node);
            if (step == Steps.Step.REISSUE_STARTED && member != null) {
                fleet.beforeReissue.accept(member.cache);
            }
            fleet.deaf.at(node, step);
            ThreadLocalRandom dice = ThreadLocalRandom.current();
            if (!plan.pauses) {
                return;
            }
            if (step == Steps.Step.MESSAGE_ARRIVED ? dice.nextInt(50) == 0 : dice.nextInt(12) == 0) {
                Waiting.millis(dice.nextInt(1, 6));
            }
        };
    }

    /**
     * Runs that many operations under these faults, and checks what came of them.
     *
     * @return the first broken promise, or null
     */
    @Nullable
    String run(int operations, FleetFaults faults) {
        awaitInStep();
        for (int i = 0; i < THREADS; i++) {
            threads.execute(this::work);
        }
        while (limit < operations) {
            episode(faults);
            between();
        }
        synchronized (turns) {
            over = true;
            turns.notifyAll();
        }
        source.failing = 0;
        awaitInStep();
        if (plan.forgetful) {
            // Whoever starts now finds no barriers of keys: leases and deletions alone must have kept tier 2 clean.
            Waiting.millis(FleetPlan.BRIEF_MEMORY.toMillis() + 20);
            members.get(0).cache.invalidateTag("of nothing");
            awaitInStep();
        }
        Member late = fleet.start(0, plan.cacheName(), Steps.NONE, plan.settings(source));
        try {
            await("the late member is not in step", late.cache::tier2Open);
            workload.readEverything(Stream.concat(Stream.of(late), members()));
        } finally {
            late.close();
        }
        if (!errors.isEmpty()) {
            throw new AssertionError(plan + ": an operation threw what it never may", errors.peek());
        }
        return history.violation();
    }

    private void work() {
        while (true) {
            int number;
            synchronized (turns) {
                while (next >= limit && !over) {
                    try {
                        turns.wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                if (over) {
                    return;
                }
                number = next++;
            }
            running.put(Thread.currentThread(), number);
            try {
                workload.run(number);
            } catch (Throwable e) {
                errors.add(e);
            }
            running.remove(Thread.currentThread());
            synchronized (turns) {
                done++;
                turns.notifyAll();
            }
        }
    }

    private void episode(FleetFaults faults) {
        int from = limit;
        source.slow = random.nextInt(3) == 0 ? 40 : 5;
        source.failing = random.nextInt(4) == 0 ? 25 : 0;
        synchronized (turns) {
            limit += EPISODE;
            turns.notifyAll();
        }
        Fault fault = faults.next();
        if (fault != null) {
            awaitDone(from + 30 + random.nextInt(40));
            strike(fault, from + 100 + random.nextInt(60));
            awaitDone(limit);
            fleet.heal();
            awaitInStep();
        } else {
            awaitDone(limit);
        }
    }

    private void strike(Fault fault, int until) {
        if (fault.loss() == Loss.AT_ONCE) {
            history.loss();
        }
        history.note("### " + fault.name());
        try {
            fault.strike().run();
            if (fault.holds() == null) {
                awaitDone(until, TimeUnit.MILLISECONDS.toNanos(400));
            } else {
                await(
                        "the others do not end",
                        () -> doneOf() >= limit - fault.holds().getAsInt());
            }
        } finally {
            if (fault.loss() == Loss.AT_THE_END) {
                history.loss();
            }
            fault.heal().run();
            history.note("### no longer: " + fault.name());
        }
    }

    /** No operation runs now. */
    private void between() {
        int node = random.nextInt(Fleet.NODES);
        int what = random.nextInt(8);
        // Who starts anew after a lost tail has only the word of those who remember.
        if (what == 0 || (plan.rollsBack && what < 4)) {
            history.note("### node " + node + " starts anew");
            members.get(node).close();
            start(node);
        } else if (what == 4) {
            await("background loads do not end", () -> members().allMatch(Member::idle));
            members.get(node).jump(FleetPlan.JUMP);
            history.jumped(members.get(node).id);
        }
    }

    private Stream<Member> members() {
        return IntStream.range(0, Fleet.NODES).mapToObj(members::get);
    }

    /** Until every node reads tier 2, owes it nothing, and has applied everything that Redis has. */
    private void awaitInStep() {
        long[] covers = new long[1];
        long[] newest = new long[1];
        await("the fleet does not come in step", () -> {
            covers[0] = history.now();
            boolean settled = members()
                    .allMatch(member ->
                            member.cache.tier2Open() && member.cache.owed().isEmpty());
            if (settled) {
                newest[0] = newestStamp.getAsLong();
            }
            return settled && newest[0] != Long.MAX_VALUE; // Or the control key is gone, and nobody has noticed yet.
        });
        await(
                "the fleet does not apply what Redis has",
                () -> members()
                        .allMatch(member -> member.cache.tier2Open()
                                && member.cache.coherence().applied() >= newest[0]
                                && member.cache.coherence().epoch().equals(epoch())));
        if (history.losses() % 2 == 1) {
            history.loss(); // Over, so that whoever starts from now on is bound as well.
        }
        history.inStep(members().map(member -> member.id).toList(), plan.rollsBack, epoch(), covers[0]);
    }

    private String epoch() {
        return members.get(0).cache.coherence().epoch();
    }

    private void await(String otherwise, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(plan + ": " + otherwise + " within 30 s: " + states());
            }
            Waiting.millis(1);
        }
    }

    private List<String> states() {
        return members()
                .map(member -> "member " + member.id + " on node " + member.node + ": link "
                        + fleet.machines.get(member.node).link.state() + ", in step " + member.cache.tier2Open()
                        + ", owes " + member.cache.owed() + ", applied "
                        + member.cache.coherence().applied() + ", epoch "
                        + member.cache.coherence().epoch() + ", " + member.cache.stats() + ", ping "
                        + fleet.machines
                                .get(member.node)
                                .link
                                .callAsync(Duration.ofMillis(200), commands -> commands.get(new byte[] {'x'}))
                                .handle((value, failure) -> failure == null ? "answered" : failure.toString())
                                .join())
                .toList();
    }

    private int doneOf() {
        synchronized (turns) {
            return done;
        }
    }

    private void awaitDone(int count) {
        if (!awaitDone(count, PATIENCE)) {
            String stuck = running.entrySet().stream()
                    .map(entry -> "operation " + entry.getValue() + ":\n  "
                            + Stream.of(entry.getKey().getStackTrace())
                                    .map(StackTraceElement::toString)
                                    .collect(Collectors.joining("\n  ")))
                    .collect(Collectors.joining("\n"));
            throw new AssertionError(plan + ": operations do not end within 30 s\n" + stuck);
        }
    }

    private boolean awaitDone(int count, long nanos) {
        long end = System.nanoTime() + nanos;
        synchronized (turns) {
            while (done < count) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(turns, left);
                } catch (InterruptedException e) {
                    throw new AssertionError("interrupted", e);
                }
            }
        }
        return true;
    }

    void assertItWasWorthIt() {
        assertThat(history.readCount()).as("reads of " + plan).isGreaterThan(limit / 3);
        assertThat(history.invalidationCount()).as("invalidations of " + plan).isGreaterThan(limit / 8);
    }

    @Override
    public void close() {
        synchronized (turns) {
            over = true;
            turns.notifyAll();
        }
        members().forEach(Member::close);
        threads.shutdownNow();
        for (Fleet.Machine machine : new ArrayList<>(fleet.machines)) {
            if (machine.proxy != null) {
                machine.proxy.heal();
            }
        }
    }
}
