package dev.holdfast.batch;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One {@code mapAll}: enrolled threads take items in turn, until there are none. */
final class MapRun<T, R> {
    private final BatchScope scope;
    private final Object[] items;
    private final Function<? super T, ? extends R> function;
    private final @Nullable Object[] results;
    private final @Nullable Throwable[] failures;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger open;

    MapRun(BatchScope scope, Object[] items, Function<? super T, ? extends R> function) {
        this.scope = scope;
        this.items = items;
        this.function = function;
        this.results = new Object[items.length];
        this.failures = new Throwable[items.length];
        this.open = new AtomicInteger(items.length);
    }

    /** What an enrolled thread does. */
    void work(Participant participant) {
        Dispatcher dispatcher = scope.dispatcher();
        dispatcher.begin(participant);
        Binding binding = new Binding(dispatcher, scope, participant);
        binding.push();
        try {
            takeItems();
        } finally {
            binding.pop();
            dispatcher.leave(participant);
        }
    }

    @SuppressWarnings("unchecked") // the items are those of the caller
    private void takeItems() {
        for (int i = next.getAndIncrement(); i < items.length; i = next.getAndIncrement()) {
            try {
                results[i] = function.apply((T) items[i]);
            } catch (Throwable e) { // it belongs to the caller of mapAll, whatever it is
                failures[i] = e;
            }
            open.decrementAndGet(); // leaving wakes the caller
        }
    }

    /** What the caller waits for: all items are through. */
    Waiter end() {
        return new End();
    }

    @SuppressWarnings("unchecked") // results of the function, or null as it returned them
    List<R> results() {
        Throwable first = null;
        for (Throwable failure : failures) {
            if (first == null) {
                first = failure;
            } else if (failure != null && failure != first) {
                first.addSuppressed(failure);
            }
        }
        if (first instanceof RuntimeException e) {
            throw e;
        }
        if (first != null) {
            throw (Error) first;
        }
        return (List<R>) Collections.unmodifiableList(Arrays.asList(results));
    }

    private final class End extends Waiter {
        @Override
        boolean isDone() {
            return open.get() == 0;
        }

        @Override
        boolean isQueued() {
            return false;
        }

        @Override
        @Nullable
        Batch blocker() {
            return null;
        }

        @Override
        String subject() {
            return items.length + " items of mapAll";
        }
    }
}
