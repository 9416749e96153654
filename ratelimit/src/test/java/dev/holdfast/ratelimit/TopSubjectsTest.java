package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TopSubjectsTest {
    private static Subject subject(int number) {
        return Subject.user("u" + number);
    }

    @Test
    void frequentSubjects_areAllFound_andTheErrorCoversTheDifference() {
        TopSubjects top = new TopSubjects(64, 0);
        Map<Subject, Long> truth = new HashMap<>();
        Random random = new Random(7);
        int all = 200_000;
        for (int i = 0; i < all; i++) {
            // Half of it from ten subjects, the rest from a crowd.
            Subject subject = subject(random.nextBoolean() ? random.nextInt(10) : 10 + random.nextInt(100_000));
            truth.merge(subject, 1L, Long::sum);
            top.refused(subject, 0);
        }

        List<TopSubjects.Counted> found = top.top(64, 0);

        assertThat(found)
                .extracting(TopSubjects.Counted::subject)
                .contains(truth.entrySet().stream()
                        .filter(e -> e.getValue() > all / 64)
                        .map(Map.Entry::getKey)
                        .toArray(Subject[]::new));
        assertThat(found).hasSize(64).allSatisfy(counted -> {
            long exact = truth.getOrDefault(counted.subject(), 0L);
            assertThat(exact).isBetween(counted.refusals() - counted.error(), counted.refusals());
            assertThat(counted.error()).isLessThanOrEqualTo(all / 64);
        });
        assertThat(found).isSortedAccordingTo((a, b) -> Long.compare(b.refusals(), a.refusals()));
        assertThat(top.missed()).isZero();
    }

    @Test
    void counts_halveEveryFiveMinutes_andEnd() {
        TopSubjects top = new TopSubjects(8, 0);
        for (int i = 0; i < 40; i++) {
            top.refused(subject(1), 0);
        }
        assertThat(top.top(1, TimeUnit.MINUTES.toNanos(4)))
                .extracting(TopSubjects.Counted::refusals)
                .containsExactly(40L);
        assertThat(top.top(1, TimeUnit.MINUTES.toNanos(11)))
                .extracting(TopSubjects.Counted::refusals)
                .containsExactly(10L);
        assertThat(top.top(1, TimeUnit.DAYS.toNanos(30))).isEmpty();
    }
}
