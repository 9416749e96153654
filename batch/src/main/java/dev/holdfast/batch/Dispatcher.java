package dev.holdfast.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Decides when queued keys become batches, and which thread runs them: one per scope, and one per loader and context outside
 * scopes.
 *
 * <p>One lock guards everything, and is never held while user code runs. {@code busy} counts the threads that may still add keys:
 * enrolled ones that do not wait, and those that run a batch or complete its futures. When it drops to zero, whatever is queued
 * in <em>all</em> lanes is cut into batches in one step, so no loader is dispatched with half of its keys. A thread that waits
 * is a thread that runs what is due, its own or others'; only what nobody waits for goes to the module's own threads.
 */
final class Dispatcher {
    final BatchContext context;
    final boolean groupCommit;
    final @Nullable Thread owner;

    /** Null outside scopes. */
    final @Nullable BatchScope scope;

    private final boolean caching;
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<BatchLoader<?, ?>, Lane> lanes = new IdentityHashMap<>(8);
    private final Queue<Batch> ready = new ArrayDeque<>();
    private final List<Batch> running = new ArrayList<>();
    private final List<Participant> participants = new ArrayList<>();

    /** Threads that asked for queued futures and are not enrolled: they may be about to ask for more. */
    private final Set<Thread> askers = new HashSet<>(4);

    private @Nullable Thread latestAsker;
    private final StallWatch watch = new StallWatch(this);
    private @Nullable Waiter firstWaiter;
    private @Nullable Waiter lastWaiter;
    private int queued;
    private int busy;
    private long moves;
    private boolean draining;

    /** In whose context the module's threads run batches: that of whoever opened the scope, or of the latest caller outside. */
    private volatile UnaryOperator<Runnable> carrier = CallerContext.capture();

    private volatile boolean closed;
    private final AtomicInteger users = new AtomicInteger();

    private Dispatcher(@Nullable BatchScope scope, BatchContext context, @Nullable Thread owner, boolean caching) {
        this.scope = scope;
        this.name = scope == null ? "no scope" : "scope";
        this.context = context;
        this.owner = owner;
        this.caching = caching;
        this.groupCommit = scope == null;
    }

    /** For loads outside scopes: nothing is remembered, and the next batch waits for the one under way. */
    static Dispatcher unscoped(BatchContext context) {
        return new Dispatcher(null, context, null, false);
    }

    static Dispatcher of(BatchScope scope, BatchScopeBuilder settings) {
        Thread owner = settings.ownerOnly ? Thread.currentThread() : null;
        return new Dispatcher(scope, settings.context, owner, settings.caching);
    }

    // ---- Asking.

    /** The outcome of a key; waits for it, and runs what is due meanwhile. */
    Object load(BatchLoader<?, ?> loader, Object key) {
        int hash = EntryTable.hash(key);
        Entry entry;
        lock.lock();
        try {
            entry = admit(lane(loader), key, hash);
        } finally {
            lock.unlock();
        }
        Object outcome = entry.outcome;
        if (outcome == null) {
            awaitEntries(loader, new Waiter.ForEntry(entry));
            outcome = entry.outcome;
        }
        return Objects.requireNonNull(outcome, "settled without an outcome");
    }

    /** The entries of keys, all of them settled. */
    Entry[] loadAll(BatchLoader<?, ?> loader, Object[] keys) {
        Entry[] entries = new Entry[keys.length];
        lock.lock();
        try {
            Lane lane = lane(loader);
            for (int i = 0; i < keys.length; i++) {
                entries[i] = admit(lane, keys[i], EntryTable.hash(keys[i]));
            }
        } finally {
            lock.unlock();
        }
        awaitEntries(loader, new Waiter.ForAll(entries));
        return entries;
    }

    /** A future of a key, which need not be waited for. */
    LoadFuture<?> loadAsync(BatchLoader<?, ?> loader, Object key) {
        int hash = EntryTable.hash(key);
        LoadFuture<?> future;
        if (groupCommit) {
            carrier = CallerContext.capture();
        }
        lock.lock();
        try {
            Lane lane = lane(loader);
            Entry entry = admit(lane, key, hash);
            future = new LoadFuture<>(this, entry);
            if (entry.outcome != null) {
                entry.completeInto(future); // nothing depends on it yet, so this runs no user code
                return future;
            }
            future.next = entry.futures;
            entry.futures = future;
            if (owner == null && (groupCommit ? busy == 0 : lane.full())) {
                cut(lane);
                drainElsewhere();
            } else {
                if (latestAsker != Thread.currentThread()) {
                    latestAsker = Thread.currentThread();
                    askers.add(latestAsker);
                }
                watch.arm();
            }
        } finally {
            lock.unlock();
        }
        return future;
    }

    private Entry admit(Lane lane, Object key, int hash) {
        if (closed) {
            throw new ScopeClosedException(name + " is closed: a load of '" + lane.loader.name()
                    + "' came too late; load before the end of the try block, or open a scope of its own");
        }
        Counters counters = lane.loader.counters();
        counters.loads.increment();
        Entry entry = lane.find(key, hash);
        if (entry == null) {
            entry = lane.enqueue(key, hash);
            queued++;
            moves++;
        } else if (entry.outcome != null) {
            counters.hits.increment();
        }
        return entry;
    }

    private Lane lane(BatchLoader<?, ?> loader) {
        Lane lane = lanes.get(loader);
        if (lane == null) {
            lane = new Lane(loader, caching && loader.settings().caching);
            lanes.put(loader, lane);
        }
        return lane;
    }

    <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs an action on the lane of a loader, under the lock. */
    void onLane(BatchLoader<?, ?> loader, Consumer<Lane> action) {
        lock.lock();
        try {
            if (closed) {
                throw new ScopeClosedException(name + " is closed");
            }
            action.accept(lane(loader));
        } finally {
            lock.unlock();
        }
    }

    void forgetAll() {
        locked(() -> {
            lanes.values().forEach(Lane::forgetAll);
            return true;
        });
    }

    // ---- Waiting.

    private void awaitEntries(BatchLoader<?, ?> loader, Waiter waiter) {
        try {
            await(waiter, 0, true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BatchException(
                    "loader '" + loader.name() + "': interrupted while waiting for " + waiter.subject(), e);
        }
    }

    void joinFuture(LoadFuture<?> future) {
        try {
            awaitFuture(future, 0, false);
        } catch (InterruptedException e) {
            throw new AssertionError("waits without interruption", e);
        }
    }

    void awaitFuture(LoadFuture<?> future, long nanos) throws InterruptedException {
        awaitFuture(future, nanos, true);
    }

    private void awaitFuture(LoadFuture<?> future, long nanos, boolean interruptible) throws InterruptedException {
        Waiter waiter = new Waiter.ForFuture(future);
        if (future.entry == null) {
            future.whenComplete((value, failure) -> signal(waiter));
        }
        await(waiter, nanos, interruptible);
        if (!future.isDone() && future.entry != null && future.entry.outcome != null) {
            future.entry.completeInto(future);
        }
    }

    /**
     * Waits until it is done, and runs what is due meanwhile.
     *
     * @param nanos how long; 0 for as long as it takes, which the timeouts of the loaders bound
     * @return whether it is done
     */
    boolean await(Waiter waiter, long nanos, boolean interruptible) throws InterruptedException {
        Participant me = Binding.in(this);
        waiter.participant = me;
        long deadline = System.nanoTime() + nanos;
        boolean interrupted = false;
        lock.lock();
        try {
            setParked(me, true, waiter);
            while (!waiter.isDone()) {
                // Before it runs anything: a batch is not to fail because one of its callers was cancelled.
                interrupted |= Thread.interrupted();
                if (interrupted && interruptible) {
                    throw new InterruptedException("while waiting for " + waiter.subject());
                }
                if (helpOnce(waiter, me, nanos != 0)) {
                    continue;
                }
                if (nanos != 0 && deadline - System.nanoTime() <= 0) {
                    return false;
                }
                refuseCycle(waiter, me);
                if (work()) {
                    if (busy == 0) {
                        handOver(); // only the owner may run it, and this thread is not the owner
                    }
                    watch.arm();
                }
                link(waiter);
                lock.unlock();
                try {
                    Binding.suspendOutside(this);
                    interrupted |= park(waiter, nanos != 0, deadline, interruptible);
                    Binding.resumeOutside(this);
                } finally {
                    lock.lock();
                }
                unlink(waiter);
                if (me != null) {
                    me.resumed = true;
                }
                setParked(me, true, waiter);
            }
            return true;
        } finally {
            setParked(me, false, null);
            if (me == null && busy == 0) {
                handOver(); // it may have been woken to run what is due
            }
            lock.unlock();
            if (interrupted && !interruptible) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean park(Waiter waiter, boolean timed, long deadline, boolean interruptible) {
        boolean interrupted = false;
        while (!waiter.woken) {
            if (timed) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                LockSupport.parkNanos(waiter, left);
            } else {
                LockSupport.park(waiter);
            }
            if (Thread.interrupted()) {
                interrupted = true;
                if (interruptible) {
                    break;
                }
            }
        }
        return interrupted;
    }

    /** Runs one batch, or completes futures that this thread left half way to run a callback. Returns whether it did. */
    private boolean helpOnce(Waiter waiter, @Nullable Participant me, boolean timed) {
        Batch half = me == null ? null : me.completing;
        while (half != null && !half.hasFuturesToComplete()) {
            half = half.below;
        }
        Batch due = half == null ? takeDue(waiter, me) : null;
        if (due != null && timed && owner == null) {
            ready.add(due); // whoever has a deadline of its own must not be caught in somebody's function
            drainElsewhere();
            return false;
        }
        if (half == null && due == null) {
            return false;
        }
        if (half != null) {
            setParked(me, false, null);
            Batch unfinished = half;
            unlocked(() -> BatchRun.completeFutures(unfinished));
        } else {
            runNow(Objects.requireNonNull(due), me);
        }
        setParked(me, true, waiter);
        return true;
    }

    /** Runs a batch on this thread. Called with the lock, which it gives up meanwhile. */
    private void runNow(Batch batch, @Nullable Participant me) {
        Participant runner = me != null ? me : new Participant(Participant.Origin.RUNNER, Thread.currentThread());
        if (me == null) {
            join(runner);
        }
        setParked(runner, false, null);
        batch.runner = runner;
        running.add(batch);
        BatchRun run = new BatchRun(this, batch, runner);
        if (me != null) {
            unlocked(run::run);
            return;
        }
        Binding binding = new Binding(this, scope, runner);
        unlocked(() -> {
            binding.push();
            try {
                run.run();
            } finally {
                binding.pop();
            }
        });
        depart(runner);
    }

    private void unlocked(Runnable action) {
        lock.unlock();
        try {
            action.run();
        } finally {
            lock.lock();
        }
    }

    private void refuseCycle(Waiter waiter, @Nullable Participant me) {
        Batch blocker = me == null ? null : waiter.blocker();
        for (int steps = 0; blocker != null && steps < 100; steps++) {
            Participant runner = blocker.runner;
            if (runner == null) {
                return;
            }
            if (runner == me) {
                throw new BatchLoadException(
                        blocker.lane.loader.name(),
                        "the batch function waits for " + waiter.subject()
                                + ", which cannot be loaded before it returns: load other keys, or call the source",
                        null);
            }
            blocker = runner.waiter == null ? null : runner.waiter.blocker();
        }
    }

    // ---- Dispatching. All with the lock.

    boolean work() {
        return queued > 0 || !ready.isEmpty();
    }

    private @Nullable Batch takeDue(Waiter waiter, @Nullable Participant me) {
        if (owner != null && owner != Thread.currentThread()) {
            return null;
        }
        if (ready.isEmpty() && queued > 0) {
            if (busy == 0 || (me == null && !groupCommit && waiter.isQueued())) {
                cutAll();
            } else if (!groupCommit) {
                lanes.values().stream().filter(Lane::full).forEach(this::cut);
            }
        }
        return ready.poll();
    }

    /** All lanes in one step. */
    void cutAll() {
        if (queued > 0) {
            lanes.values().stream().filter(lane -> lane.queued() > 0).forEach(this::cut);
        }
        latestAsker = null;
        askers.clear();
    }

    private void cut(Lane lane) {
        queued -= lane.queued();
        moves++;
        lane.cut(ready);
    }

    /** Has somebody run what is due: one who waits anyway, or else a thread of the module. */
    void handOver() {
        if (!work() || closed) {
            return;
        }
        Waiter heir = firstWaiter;
        while (heir != null && owner != null && heir.thread != owner) {
            heir = heir.next;
        }
        if (heir != null) {
            wake(heir);
            LockSupport.unpark(heir.thread);
        } else if (owner == null) {
            drainElsewhere();
        }
    }

    private void drainElsewhere() {
        if (draining) {
            return;
        }
        draining = true;
        try {
            SharedTimer.workers().execute(carrier.apply(this::drain));
        } catch (RuntimeException | OutOfMemoryError e) {
            draining = false;
            watch.arm(); // no thread to be had: again in a moment
        }
    }

    private void drain() {
        lock.lock();
        try {
            draining = false;
            while (true) {
                // What its own callbacks asked for goes on at once; who else asks may not be done.
                askers.remove(Thread.currentThread());
                if (ready.isEmpty() && busy == 0 && askers.isEmpty()) {
                    cutAll();
                }
                Batch due = ready.poll();
                if (due == null) {
                    break;
                }
                runNow(due, null);
            }
            if (work()) {
                watch.arm();
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- Who takes part. All with the lock, but for enroll, begin, leave, suspend and resume.

    Participant[] enroll(int count, Participant.Origin origin) {
        Participant[] enrolled = new Participant[count];
        lock.lock();
        try {
            if (closed) {
                throw new ScopeClosedException(name + " is closed: enroll tasks before its end");
            }
            for (int i = 0; i < count; i++) {
                enrolled[i] = new Participant(origin, null);
                join(enrolled[i]);
            }
        } finally {
            lock.unlock();
        }
        return enrolled;
    }

    void begin(Participant participant) {
        lock.lock();
        participant.thread = Thread.currentThread();
        moves++;
        lock.unlock();
    }

    /** The task of a participant has ended, or will never run. */
    void leave(Participant participant) {
        lock.lock();
        depart(participant);
        List<Waiter> done = wakeDone();
        if (busy == 0) {
            handOver();
        }
        lock.unlock();
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
    }

    void suspend(Participant participant) {
        lock.lock();
        if (!participant.parked) {
            setParked(participant, true, null);
            if (busy == 0) {
                handOver();
            }
        }
        lock.unlock();
    }

    void resume(Participant participant) {
        lock.lock();
        setParked(participant, false, null);
        lock.unlock();
    }

    private void join(Participant participant) {
        participants.add(participant);
        busy++;
        moves++;
    }

    private void depart(Participant participant) {
        setParked(participant, true, null);
        // Last in is mostly first out.
        int at = participants.lastIndexOf(participant);
        participants.set(at, participants.get(participants.size() - 1));
        participants.remove(participants.size() - 1);
        moves++;
    }

    private void setParked(@Nullable Participant participant, boolean parked, @Nullable Waiter waiter) {
        if (participant == null) {
            return;
        }
        participant.waiter = waiter;
        if (participant.parked != parked) {
            participant.parked = parked;
            count(participant, parked ? -1 : 1);
        }
    }

    private void setLost(Participant participant, boolean lost) {
        if (participant.lost != lost) {
            boolean counted = !participant.parked;
            participant.lost = lost;
            if (counted) {
                busy += lost ? -1 : 1;
                moves++;
            }
        }
    }

    private void count(Participant participant, int change) {
        if (!participant.lost) {
            busy += change;
        }
        moves++;
    }

    // ---- The end of batches.

    /** Gives every entry its outcome, unless the timeout or the end of the scope did. Wakes who waits for one of them. */
    boolean settle(Batch batch, Object[] outcomes, boolean lost) {
        List<Waiter> done;
        lock.lock();
        try {
            if (batch.settled) {
                return false;
            }
            settleLocked(batch, outcomes);
            Participant runner = batch.runner;
            if (lost && runner != null) {
                setLost(runner, true);
            }
            done = wakeDone();
            if (busy == 0) {
                handOver();
            }
        } finally {
            lock.unlock();
        }
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
        return true;
    }

    private void settleLocked(Batch batch, Object[] outcomes) {
        batch.settled = true;
        running.remove(batch);
        moves++;
        Lane lane = batch.lane;
        for (int i = 0; i < outcomes.length; i++) {
            Entry entry = batch.entries[i];
            entry.outcome = outcomes[i];
            if (lane.caching && outcomes[i] instanceof Entry.Failure) {
                lane.forget(entry); // the next load asks again
            }
        }
    }

    /** The function of a batch has returned, in time or not. */
    void returned(Batch batch, Participant runner) {
        lock.lock();
        runner.running = null;
        setLost(runner, false);
        lock.unlock();
    }

    /** Its runner was interrupted on its own account: somebody else runs it. Returns false if that was so before. */
    boolean passOn(Batch batch) {
        lock.lock();
        try {
            if (batch.settled || batch.passedOn) {
                return false;
            }
            batch.passedOn = true;
            batch.runner = null;
            batch.allowInterrupts();
            running.remove(batch);
            ready.add(batch);
            handOver();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Adds what a parent's values announce. */
    void announce(BatchLoader<?, ?> loader, List<Object> keys) {
        lock.lock();
        if (!closed) {
            Lane lane = lane(loader);
            keys.forEach(lane::announce);
        }
        lock.unlock();
    }

    /** Fails what waited for the owner of the scope longer than its loader's timeout. With the lock; completes futures later. */
    List<Entry> expireQueued(long now) {
        List<Entry> expired = new ArrayList<>();
        for (Lane lane : lanes.values()) {
            long timeout = lane.loader.settings().timeout.toNanos();
            if (lane.queued() > 0 && now - lane.oldestQueued >= timeout) {
                queued -= lane.queued();
                Entry.Failure failure = new Entry.Failure(new BatchTimeoutException(
                        lane.loader.name(),
                        lane.loader.settings().timeout,
                        "only " + owner + ", which opened the scope, may load, and it did not come by: let it wait with"
                                + " load, join or mapAll, not with allOf"));
                for (Entry entry : lane.drain()) {
                    entry.outcome = failure;
                    expired.add(entry);
                }
            }
        }
        return expired;
    }

    // ---- The end of the scope.

    void close() {
        List<Waiter> done;
        List<Batch> ended = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            cutAll();
            ended.addAll(ready);
            ended.addAll(running);
            ready.clear();
            for (Batch batch : ended) {
                Object[] outcomes = new Object[batch.entries.length];
                Arrays.fill(
                        outcomes,
                        new Entry.Failure(new ScopeClosedException(name + " was closed before '"
                                + batch.lane.loader.name() + "' had its values: wait for them inside the try block")));
                settleLocked(batch, outcomes);
            }
            lanes.clear();
            done = wakeDone();
        } finally {
            lock.unlock();
        }
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
        ended.forEach(BatchRun::completeFutures);
    }

    boolean isClosed() {
        return closed;
    }

    /** Counts a load that uses it; false if it was retired, so that a new one is wanted. */
    boolean retain() {
        return users.getAndUpdate(n -> n < 0 ? n : n + 1) >= 0;
    }

    /** A load has ended. Returns whether it was the last, and the dispatcher is retired now. */
    boolean release() {
        return users.decrementAndGet() == 0 && users.compareAndSet(0, -1);
    }

    // ---- Waiters. All with the lock, but for signal.

    void signal(Waiter waiter) {
        lock.lock();
        boolean wake = waiter.linked;
        if (wake) {
            wake(waiter);
        }
        lock.unlock();
        if (wake) {
            LockSupport.unpark(waiter.thread);
        }
    }

    /** Something that somebody waits for may be done. */
    void signalDone() {
        lock.lock();
        List<Waiter> done = wakeDone();
        lock.unlock();
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
    }

    /** Counts those whose wait is over as running again, all in one step; the caller unparks them without the lock. */
    List<Waiter> wakeDone() {
        List<Waiter> done = null;
        for (Waiter waiter = firstWaiter; waiter != null; ) {
            Waiter next = waiter.next;
            if (waiter.isDone()) {
                wake(waiter);
                if (done == null) {
                    done = new ArrayList<>();
                }
                done.add(waiter);
            }
            waiter = next;
        }
        return done == null ? List.of() : done;
    }

    private void wake(Waiter waiter) {
        unlink(waiter);
        Participant participant = waiter.participant;
        if (participant != null) {
            participant.resumed = false;
            setParked(participant, false, null);
        }
        waiter.woken = true;
    }

    private void link(Waiter waiter) {
        waiter.woken = false;
        waiter.linked = true;
        waiter.previous = lastWaiter;
        waiter.next = null;
        if (lastWaiter == null) {
            firstWaiter = waiter;
        } else {
            lastWaiter.next = waiter;
        }
        lastWaiter = waiter;
    }

    private void unlink(Waiter waiter) {
        if (!waiter.linked) {
            return;
        }
        waiter.linked = false;
        if (waiter.previous == null) {
            firstWaiter = waiter.next;
        } else {
            waiter.previous.next = waiter.next;
        }
        if (waiter.next == null) {
            lastWaiter = waiter.previous;
        } else {
            waiter.next.previous = waiter.previous;
        }
        waiter.previous = null;
        waiter.next = null;
    }

    // ---- What the stall watch looks at.

    ReentrantLock lock() {
        return lock;
    }

    int busy() {
        return busy;
    }

    long moves() {
        return moves;
    }

    List<Participant> participants() {
        return participants;
    }

    Set<Thread> askers() {
        return askers;
    }
}
