package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WavesTest {
    private final List<List<Integer>> sent = new ArrayList<>();
    private final List<CompletableFuture<List<String>>> replies = new ArrayList<>();

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private CompletionStage<List<String>> request(List<Integer> some) {
        sent.add(some);
        CompletableFuture<List<String>> reply = new CompletableFuture<>();
        replies.add(reply);
        return reply;
    }

    private void answer(int wave) {
        replies.get(wave).complete(sent.get(wave).stream().map(String::valueOf).toList());
    }

    @Test
    void fewKeys_areOneRequest() {
        CompletionStage<List<String>> result = Waves.send(numbers(Waves.SIZE), this::request);
        answer(0);
        assertThat(sent).hasSize(1);
        assertThat(result.toCompletableFuture().join()).hasSize(Waves.SIZE);
    }

    @Test
    void nextWave_isSentWhenTheOneBeforeIsAnswered_andAnswersStayInOrder() {
        int count = 2 * Waves.SIZE + 1;
        CompletableFuture<List<String>> result =
                Waves.send(numbers(count), this::request).toCompletableFuture();
        assertThat(sent).hasSize(1);
        answer(0);
        assertThat(sent).hasSize(2);
        answer(1);
        assertThat(result).isNotDone();
        answer(2);
        assertThat(sent).extracting(List::size).containsExactly(Waves.SIZE, Waves.SIZE, 1);
        assertThat(result.join())
                .containsExactlyElementsOf(
                        numbers(count).stream().map(String::valueOf).toList());
    }

    @Test
    void failure_endsIt() {
        CompletableFuture<List<String>> result =
                Waves.send(numbers(3 * Waves.SIZE), this::request).toCompletableFuture();
        answer(0);
        replies.get(1).completeExceptionally(new IllegalStateException("refused"));
        assertThat(sent).hasSize(2);
        assertThat(result)
                .failsWithin(java.time.Duration.ZERO)
                .withThrowableThat()
                .havingRootCause()
                .withMessage("refused");
    }

    @Test
    void nothingMoreIsSent_onceTheResultWasGivenUp() {
        CompletableFuture<List<String>> result =
                Waves.send(numbers(3 * Waves.SIZE), this::request).toCompletableFuture();
        result.cancel(true); // As an operation does at its deadline.
        answer(0);
        assertThat(sent).hasSize(1);
    }
}
