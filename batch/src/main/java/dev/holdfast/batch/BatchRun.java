package dev.holdfast.batch;

import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Runs one batch on the current thread, under no lock: calls the function, tries failed keys again, checks what came back. */
final class BatchRun {
    private final Dispatcher dispatcher;
    private final Batch batch;
    private final Participant runner;
    private final BatchLoader<Object, Object> loader;
    private final BatchLoaderBuilder<Object, Object> settings;
    private final Object[] outcomes;
    private final long deadline;

    @SuppressWarnings("unchecked") // the keys of a lane were admitted by its loader
    BatchRun(Dispatcher dispatcher, Batch batch, Participant runner) {
        this.dispatcher = dispatcher;
        this.batch = batch;
        this.runner = runner;
        this.loader = (BatchLoader<Object, Object>) batch.lane.loader;
        this.settings = loader.settings();
        this.outcomes = new Object[batch.entries.length];
        this.deadline = System.nanoTime() + settings.timeout.toNanos();
    }

    void run() {
        Thread thread = Thread.currentThread();
        boolean here = settings.executor == null || dispatcher.owner != null;
        Future<?> alarm = here ? SharedTimer.after(settings.timeout.toNanos(), () -> expire(thread)) : null;
        runner.running = batch;
        boolean interrupted = false;
        boolean passedOn = false;
        try {
            interrupted = load();
        } finally {
            if (alarm != null) {
                alarm.cancel(false);
                interrupted &= !batch.endInterrupts();
            }
            passedOn = interrupted && dispatcher.passOn(batch);
            if (interrupted) {
                thread.interrupt();
            }
            dispatcher.returned(batch, runner);
        }
        if (passedOn) {
            return;
        }
        announceChildren();
        if (dispatcher.settle(batch, outcomes, false)) {
            countFailures();
            complete();
        }
    }

    /** Fills the outcomes. Returns whether it failed because this thread was interrupted. */
    private boolean load() {
        Map<Object, Integer> open = null; // key to position, of those tried again
        Object[] keys = batch.keys();
        for (int attempt = 1; ; attempt++) {
            Attempt result = attempt(keys, attempt);
            List<Object> again = new ArrayList<>();
            Map<Object, Integer> positions = open;
            for (int i = 0; i < keys.length; i++) {
                Object outcome = result.outcome(keys[i]);
                int position = positions == null ? i : Objects.requireNonNull(positions.get(keys[i]));
                outcomes[position] = outcome;
                if (outcome instanceof Entry.Failure failure && mayRetry(failure, attempt)) {
                    again.add(keys[i]);
                }
            }
            if (result.interrupted) {
                return true;
            }
            if (again.isEmpty() || !pause(attempt)) {
                return false;
            }
            loader.counters().retries.add(again.size());
            if (open == null) {
                open = new HashMap<>();
                for (int i = 0; i < keys.length; i++) {
                    open.put(keys[i], i);
                }
            }
            keys = again.toArray();
        }
    }

    private boolean mayRetry(Entry.Failure failure, int attempt) {
        Throwable cause = failure.cause().getCause();
        return attempt < settings.attempts && cause != null && settings.retryOn.test(cause);
    }

    private boolean pause(int attempt) {
        Duration pause = settings.backoff == null ? Duration.ZERO : settings.backoff.delay(attempt - 1);
        if (deadline - System.nanoTime() <= pause.toNanos()) {
            return false;
        }
        try {
            Thread.sleep(pause.toMillis(), (int) (pause.toNanos() % 1_000_000));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Attempt attempt(Object[] keys, int number) {
        Set<Object> asked = new Keys<>(keys);
        BatchCall<Object> call = new BatchCall<>(loader, dispatcher.context, asked, number, deadline);
        Counters counters = loader.counters();
        counters.keys.add(keys.length);
        long begin = System.nanoTime();
        try {
            Map<Object, ?> values = settings.executor == null || dispatcher.owner != null
                    ? settings.function.load(asked, call)
                    : loadElsewhere(asked, call);
            return new Attempt(checked(values, asked, call), call.failures());
        } catch (BatchLoadException e) {
            return new Attempt(e);
        } catch (Throwable e) { // whatever it is, those who wait must hear of it
            boolean interrupted = Thread.interrupted() || isInterruption(e);
            return new Attempt(
                    new BatchLoadException(
                            loader.name(),
                            "the batch function failed for " + keys.length + " keys " + Keys.sample(asked) + ": " + e,
                            e),
                    interrupted);
        } finally {
            counters.batches.increment();
            counters.nanos.add(System.nanoTime() - begin);
        }
    }

    private static boolean isInterruption(Throwable e) {
        return e instanceof InterruptedException || e instanceof ClosedByInterruptException;
    }

    /** Runs the function on the loader's executor, so that this thread waits no longer than the timeout. */
    private Map<Object, ?> loadElsewhere(Set<Object> asked, BatchCall<Object> call) throws Exception {
        Deputy deputy = new Deputy(asked, call);
        batch.allowInterrupts();
        try {
            Objects.requireNonNull(settings.executor)
                    .execute(CallerContext.capture().apply(deputy));
        } catch (RuntimeException e) {
            dispatcher.leave(deputy.participant);
            throw e;
        }
        dispatcher.suspend(runner);
        try {
            return deputy.await();
        } finally {
            dispatcher.resume(runner);
        }
    }

    /** Runs the function on another thread, for a runner that waits no longer than the timeout. */
    private final class Deputy implements Runnable {
        private final Participant participant = dispatcher.enroll(1, Participant.Origin.RUNNER)[0];
        private final CompletableFuture<Map<Object, ?>> result = new CompletableFuture<>();
        private final Set<Object> asked;
        private final BatchCall<Object> call;

        Deputy(Set<Object> asked, BatchCall<Object> call) {
            this.asked = asked;
            this.call = call;
        }

        @Override
        public void run() {
            dispatcher.begin(participant);
            participant.running = batch;
            Binding binding = new Binding(dispatcher, dispatcher.scope, participant);
            binding.push();
            try {
                if (!result.isDone()) {
                    result.complete(settings.function.load(asked, call));
                }
            } catch (Throwable e) { // whatever it is, the runner must hear of it
                result.completeExceptionally(e);
            } finally {
                batch.endInterrupts();
                binding.pop();
                dispatcher.leave(participant);
            }
        }

        Map<Object, ?> await() throws Exception {
            try {
                return result.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                result.cancel(false); // if it has not started, it never will
                expire(participant.thread);
                throw new BatchTimeoutException(loader.name(), settings.timeout, "the batch function has not returned");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Exception failure) {
                    throw failure;
                }
                throw e;
            }
        }
    }

    /** The values by the keys that were asked for. */
    private Map<Object, ?> checked(@Nullable Map<Object, ?> values, Set<Object> asked, BatchCall<Object> call) {
        if (values == null) {
            throw call.broken(
                    "the batch function returned null instead of a map: return an empty map if nothing was found");
        }
        Map<Object, Object> normal = null;
        if (settings.keyNormalizer != null) {
            normal = new LinkedHashMap<>();
            for (Map.Entry<Object, ?> entry : values.entrySet()) {
                normal.put(loader.normalize(entry.getKey()), entry.getValue());
            }
        }
        Map<Object, ?> byKey = normal == null ? values : normal;
        int found = 0;
        for (Object key : asked) {
            if (byKey.get(key) != null) {
                found++;
            }
        }
        if (found != byKey.size()) {
            List<Object> foreign = new ArrayList<>();
            for (Object key : byKey.keySet()) {
                if (key == null || !asked.contains(key)) {
                    foreign.add(key);
                }
            }
            if (!foreign.isEmpty()) {
                throw call.foreign(foreign);
            }
        }
        return byKey;
    }

    private void expire(@Nullable Thread thread) {
        Object[] late = new Object[outcomes.length];
        Arrays.fill(
                late,
                new Entry.Failure(new BatchTimeoutException(
                        loader.name(),
                        settings.timeout,
                        "the batch function has not returned from " + batch.entries.length + " keys "
                                + Keys.sample(Arrays.asList(batch.keys())))));
        boolean onRunner = runner.thread == thread;
        if (!dispatcher.settle(batch, late, onRunner)) {
            return;
        }
        loader.counters().timeouts.increment();
        loader.counters().failures.add(late.length);
        if (thread != null) {
            batch.interruptRunner(thread);
        }
        if (onRunner) {
            // Callbacks are user code, which must not hold up the timer.
            SharedTimer.workers().execute(() -> completeFutures(batch));
        } else {
            completeFutures(batch);
        }
    }

    private void announceChildren() {
        for (BatchLoaderBuilder.Child<Object> child : settings.children) {
            List<Object> keys = new ArrayList<>();
            for (Object outcome : outcomes) {
                if (outcome != Entry.ABSENT && !(outcome instanceof Entry.Failure)) {
                    child.collect(outcome, keys);
                }
            }
            if (!dispatcher.groupCommit) {
                dispatcher.announce(child.loader(), keys);
            }
        }
    }

    private void countFailures() {
        long failed =
                Arrays.stream(outcomes).filter(Entry.Failure.class::isInstance).count();
        if (failed > 0) {
            loader.counters().failures.add(failed);
        }
    }

    private void complete() {
        batch.below = runner.completing;
        runner.completing = batch;
        try {
            completeFutures(batch);
        } finally {
            runner.completing = batch.below;
        }
    }

    static void completeFutures(Batch batch) {
        for (int i = batch.nextToComplete.getAndIncrement();
                i < batch.entries.length;
                i = batch.nextToComplete.getAndIncrement()) {
            completeFutures(batch.entries[i]);
        }
    }

    /** Called by one thread for an entry that has its outcome. */
    static void completeFutures(Entry entry) {
        LoadFuture<?> future = entry.futures;
        entry.futures = null;
        while (future != null) {
            LoadFuture<?> next = future.next;
            future.next = null;
            entry.completeInto(future);
            future = next;
        }
    }

    /** What one call of the function came to. */
    private final class Attempt {
        private final Map<Object, ?> values;
        private final @Nullable Map<Object, Throwable> failures;
        private final Entry.@Nullable Failure failure;
        private final boolean interrupted;

        Attempt(Map<Object, ?> values, @Nullable Map<Object, Throwable> failures) {
            this.values = values;
            this.failures = failures;
            this.failure = null;
            this.interrupted = false;
        }

        Attempt(BatchLoadException e) {
            this(e, false);
        }

        Attempt(BatchException e, boolean interrupted) {
            this.values = Collections.emptyMap();
            this.failures = null;
            this.failure = new Entry.Failure(e);
            this.interrupted = interrupted;
        }

        Object outcome(Object key) {
            if (failure != null) {
                return failure;
            }
            Throwable failed = failures == null ? null : failures.get(key);
            if (failed != null) {
                return new Entry.Failure(
                        new BatchLoadException(loader.name(), "key " + Keys.show(key) + " failed: " + failed, failed));
            }
            Object value = values.get(key);
            return value == null ? Entry.ABSENT : value;
        }
    }
}
