package dev.holdfast.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class TimeTest {
    @Property
    void jitter_anyFraction_onlyShortensAndNeverByMore(
            @ForAll @DoubleRange(min = 0, max = 1) double fraction,
            @ForAll @LongRange(min = 0, max = 1L << 50) long nanos) {
        long jittered = Jitter.of(fraction).applyNanos(nanos);
        assertThat(jittered).isBetween((long) Math.floor(nanos * (1 - fraction)) - 1, nanos);
    }

    @Example
    void jitter_drawnEvenly_spreadsOverTheWholeRange() {
        assertThat(Jitter.of(0.1, () -> 0).apply(Duration.ofSeconds(10))).isEqualTo(Duration.ofSeconds(10));
        assertThat(Jitter.of(0.1, () -> 0.5).apply(Duration.ofSeconds(10))).isEqualTo(Duration.ofMillis(9_500));
    }

    @Example
    void jitter_outsideItsRange_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Jitter.of(1.01)).withMessageContaining("1.01");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Jitter.of(Double.NaN))
                .withMessageContaining("NaN");
    }

    @Property
    void backoff_anyAttempt_staysBetweenATenthAndTheWholeOfItsBound(@ForAll @IntRange(max = 1_000) int attempt) {
        Backoff backoff = Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1));
        long bound = attempt >= 5 ? 1_000_000_000L : 50_000_000L << attempt;
        assertThat(backoff.delay(attempt).toNanos()).isBetween(bound / 10, bound);
    }

    @Example
    void backoff_withoutJitter_doublesUpToTheCap() {
        Backoff backoff = Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1), Jitter.none());
        assertThat(backoff.delay(0)).isEqualTo(Duration.ofMillis(50));
        assertThat(backoff.delay(4)).isEqualTo(Duration.ofMillis(800));
        assertThat(backoff.delay(5)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backoff.delay(Integer.MAX_VALUE)).isEqualTo(Duration.ofSeconds(1));
    }

    @Example
    void backoff_badInput_isRefusedWithValueAndRemedy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.exponential(Duration.ZERO, Duration.ofSeconds(1)))
                .withMessageContaining("PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.exponential(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .withMessageContaining("raise the cap");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.exponential(Duration.ofMillis(1), Duration.ofSeconds(1))
                        .delay(-1))
                .withMessageContaining("-1");
    }

    @Example
    void manualTicker_overTheWrapAround_keepsDifferencesRight() {
        ManualTicker ticker = new ManualTicker();
        long start = ticker.read();
        ticker.advance(Duration.ofDays(1));
        assertThat(ticker.read() - start).isEqualTo(Duration.ofDays(1).toNanos());
        assertThat(ticker.read()).isNegative();
        assertThatIllegalArgumentException().isThrownBy(() -> ticker.advance(Duration.ofNanos(-1)));
    }

    @Example
    void systemTicker_moves() {
        long before = Ticker.system().read();
        assertThat(Ticker.system().read() - before).isNotNegative();
    }
}
