package dev.holdfast.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Decides when queued keys become batches, and which thread runs them: one per scope, and one per loader and context outside
 * scopes.
 *
 * <p>One lock guards everything, and is never held while user code runs. {@code Crew} counts the threads that may still add keys:
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

    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Crew crew = new Crew();
    private final LoadQueue queue;
    private final WaiterList waiters;
    private final Pump pump;
    final StallWatch watch;
    final List<Batch> running = new ArrayList<>();
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
        this.queue = new LoadQueue(caching);
        this.waiters = new WaiterList(crew);
        this.watch = new StallWatch(this, lock, crew, queue, waiters);
        this.pump = new Pump(this, lock, crew, queue, waiters);
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
            entry = admit(queue.lane(loader), key, hash);
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
            Lane lane = queue.lane(loader);
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
            Lane lane = queue.lane(loader);
            Entry entry = admit(lane, key, hash);
            future = new LoadFuture<>(this, entry);
            if (entry.outcome != null) {
                entry.completeInto(future); // nothing depends on it yet, so this runs no user code
                return future;
            }
            future.next = entry.futures;
            entry.futures = future;
            if (owner == null && (groupCommit ? crew.busy() == 0 : lane.full())) {
                queue.cut(lane);
                crew.moved();
                drainElsewhere();
            } else {
                queue.asked();
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
            entry = queue.enqueue(lane, key, hash);
            crew.moved();
        } else if (entry.outcome != null) {
            counters.hits.increment();
        }
        return entry;
    }

    /** Runs an action on the lane of a loader, under the lock. */
    void onLane(BatchLoader<?, ?> loader, Consumer<Lane> action) {
        lock.lock();
        try {
            if (closed) {
                throw new ScopeClosedException(name + " is closed");
            }
            action.accept(queue.lane(loader));
        } finally {
            lock.unlock();
        }
    }

    void forgetAll() {
        lock.lock();
        queue.forgetAll();
        lock.unlock();
    }

    private void awaitEntries(BatchLoader<?, ?> loader, Waiter waiter) {
        try {
            pump.await(waiter, 0, true);
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
        pump.await(waiter, nanos, interruptible);
        if (!future.isDone() && future.entry != null && future.entry.outcome != null) {
            future.entry.completeInto(future);
        }
    }

    /** Waits as long as it takes, and runs what is due meanwhile. */
    void await(Waiter waiter) throws InterruptedException {
        pump.await(waiter, 0, true);
    }

    // ---- Dispatching. All with the lock.

    /** All lanes in one step. */
    void cutAll() {
        queue.cutAll();
        crew.moved();
    }

    /** Has somebody run what is due: one who waits anyway, or else a thread of the module. */
    void handOver() {
        if (queue.isEmpty() || closed) {
            return;
        }
        Waiter heir = waiters.oldest(owner);
        if (heir != null) {
            waiters.wake(heir);
            LockSupport.unpark(heir.thread);
        } else if (owner == null) {
            drainElsewhere();
        }
    }

    void drainElsewhere() {
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
                queue.doneAsking();
                if (!queue.hasBatches()
                        && crew.busy() == 0
                        && (groupCommit || queue.askers().isEmpty())) {
                    cutAll();
                }
                Batch due = queue.next();
                if (due == null) {
                    break;
                }
                pump.runNow(due, null);
            }
            if (!queue.isEmpty()) {
                watch.arm();
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- Who takes part.

    Participant[] enroll(int count, Participant.Origin origin) {
        Participant[] enrolled = new Participant[count];
        lock.lock();
        try {
            if (closed) {
                throw new ScopeClosedException(name + " is closed: enroll tasks before its end");
            }
            for (int i = 0; i < count; i++) {
                enrolled[i] = new Participant(origin, null);
                crew.join(enrolled[i]);
            }
        } finally {
            lock.unlock();
        }
        return enrolled;
    }

    void begin(Participant participant) {
        lock.lock();
        participant.thread = Thread.currentThread();
        crew.moved();
        lock.unlock();
    }

    /** The task of a participant has ended, or will never run. */
    void leave(Participant participant) {
        lock.lock();
        crew.depart(participant);
        List<Waiter> done = waiters.wakeDone();
        if (crew.busy() == 0) {
            handOver();
        }
        lock.unlock();
        done.forEach(waiter -> LockSupport.unpark(waiter.thread));
    }

    void suspend(Participant participant) {
        lock.lock();
        if (!participant.parked) {
            crew.setParked(participant, true, null);
            if (crew.busy() == 0) {
                handOver();
            }
        }
        lock.unlock();
    }

    void resume(Participant participant) {
        lock.lock();
        crew.setParked(participant, false, null);
        lock.unlock();
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
                crew.setLost(runner, true);
            }
            done = waiters.wakeDone();
            if (crew.busy() == 0) {
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
        crew.moved();
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
        crew.setLost(runner, false);
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
            queue.putBack(batch);
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
            Lane lane = queue.lane(loader);
            keys.forEach(lane::announce);
        }
        lock.unlock();
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
            ended.addAll(queue.end());
            ended.addAll(running);
            for (Batch batch : ended) {
                Object[] outcomes = new Object[batch.entries.length];
                Arrays.fill(
                        outcomes,
                        new Entry.Failure(new ScopeClosedException(name + " was closed before '"
                                + batch.lane.loader.name() + "' had its values: wait for them inside the try block")));
                settleLocked(batch, outcomes);
            }
            done = waiters.wakeDone();
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

    /** What a waiter waits for is done. */
    void signal(Waiter waiter) {
        lock.lock();
        boolean wake = waiter.linked;
        if (wake) {
            waiters.wake(waiter);
        }
        lock.unlock();
        if (wake) {
            LockSupport.unpark(waiter.thread);
        }
    }
}
