package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Requests for many keys, sent in waves: the next one when the one before it is answered. So a call for a million keys has
 * no more commands and answers under way than one for {@value #SIZE}, and leaves room for others in the connection's queue.
 *
 * <p>Passed from thread to thread, one at a time: the caller's sends the first wave, and the one that brings an answer sends
 * the next. None is sent once the result was given up, as at a deadline.
 */
final class Waves<T, R> {
    /** Most keys of a wave. */
    static final int SIZE = 2_000;

    private final List<T> all;
    private final Function<List<T>, ? extends CompletionStage<? extends List<R>>> request;
    private final List<R> answers;
    private final CompletableFuture<List<R>> result = new CompletableFuture<>();

    private Waves(List<T> all, Function<List<T>, ? extends CompletionStage<? extends List<R>>> request) {
        this.all = all;
        this.request = request;
        this.answers = new ArrayList<>(all.size());
    }

    /**
     * Sends them.
     *
     * @param all not modified while it is under way
     * @param request sends a part, whose answers come in its order
     * @return the answers in the order of all; fails with the first failure
     */
    @SuppressWarnings("unchecked") // A list that is only read holds what it holds.
    static <T, R> CompletionStage<List<R>> send(
            List<T> all, Function<List<T>, ? extends CompletionStage<? extends List<R>>> request) {
        if (all.size() <= SIZE) {
            return (CompletionStage<List<R>>) request.apply(all);
        }
        Waves<T, R> waves = new Waves<>(all, request);
        waves.from(0);
        return waves.result;
    }

    private void from(int first) {
        if (first >= all.size()) {
            result.complete(Collections.unmodifiableList(answers));
        } else if (!result.isDone()) {
            int end = Math.min(all.size(), first + SIZE);
            try {
                request.apply(all.subList(first, end)).whenComplete((some, failure) -> {
                    if (failure != null) {
                        result.completeExceptionally(failure);
                    } else {
                        answers.addAll(some);
                        from(end);
                    }
                });
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        }
    }
}
