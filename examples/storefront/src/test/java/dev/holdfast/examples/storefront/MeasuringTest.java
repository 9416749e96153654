package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The instruments: latencies, Zipf's law, hit rates, the table. */
class MeasuringTest {
    @Test
    void quantiles_areExactToTheWidthOfABucket() {
        Latencies latencies = new Latencies();
        for (int micros = 1; micros <= 100_000; micros++) {
            latencies.record(TimeUnit.MICROSECONDS.toNanos(micros));
        }
        assertThat(micros(latencies, 0.5)).isCloseTo(50_000, within(800L));
        assertThat(micros(latencies, 0.95)).isCloseTo(95_000, within(1_500L));
        assertThat(micros(latencies, 1.0)).isCloseTo(100_000, within(1_600L));
    }

    @Test
    void quantiles_ofSmallAndHugeDurations_stayInRange() {
        Latencies latencies = new Latencies();
        assertThat(latencies.quantile(0.5)).isZero();
        latencies.record(0);
        assertThat(latencies.quantile(1)).isZero();
        for (int micros : new int[] {1, 63, 64, 65, 127, 128, 129}) {
            Latencies one = new Latencies();
            one.record(TimeUnit.MICROSECONDS.toNanos(micros));
            assertThat(micros(one, 1)).isBetween((long) micros, micros + micros / 64L);
        }
        latencies.record(Long.MAX_VALUE);
        assertThat(latencies.quantile(1))
                .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusMinutes(1));
    }

    private static long micros(Latencies latencies, double share) {
        return TimeUnit.NANOSECONDS.toMicros(latencies.quantile(share).toNanos());
    }

    @Test
    void zipf_drawsTheFirstRankAsOftenAsItsShare_andTheSameForTheSameSeed() {
        Zipf zipf = new Zipf(1000, 1.0);
        double harmonic =
                IntStream.rangeClosed(1, 1000).mapToDouble(i -> 1.0 / i).sum();
        SplittableRandom random = new SplittableRandom(7);
        SplittableRandom again = new SplittableRandom(7);
        int[] drawn = new int[1000];
        for (int i = 0; i < 100_000; i++) {
            int rank = zipf.draw(random);
            assertThat(zipf.draw(again)).isEqualTo(rank);
            drawn[rank]++;
        }
        assertThat(drawn[0] / 100_000.0).isCloseTo(1 / harmonic, within(0.005));
        assertThat(drawn[1] / 100_000.0).isCloseTo(0.5 / harmonic, within(0.005));
    }

    @Test
    void zipf_rejectsNoRanksAndNegativeExponents() {
        assertThatThrownBy(() -> new Zipf(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Zipf(1, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void productOfRank_isADifferentProductForEveryRank() {
        Scale scale = Scale.demo();
        assertThat(IntStream.range(0, scale.products())
                        .mapToLong(scale::productOfRank)
                        .distinct())
                .hasSize(scale.products())
                .allMatch(id -> id >= 1 && id <= scale.products());
        assertThatThrownBy(() -> new Scale(1, 7919, 1, 1)).hasMessageContaining("7919");
    }

    @Test
    void tier2Rate_countsOnlyWhatTier1DidNotHave() {
        TierHits hits = new TierHits(80, 15, 5);
        assertThat(hits.tier1Rate()).isEqualTo(0.8);
        assertThat(hits.tier2Rate()).isEqualTo(0.75);
        assertThat(TierHits.NONE.tier1Rate()).isZero();
        assertThat(TierHits.NONE.tier2Rate()).isZero();
    }

    @Test
    void table_isFixedWidth_withRatiosInFavourOfTheBetterPath() {
        Measurement naive = measurement(ShopPath.NAIVE, 1000, 10_000, TierHits.NONE);
        Measurement holdfast = measurement(ShopPath.HOLDFAST, 8000, 2_000, new TierHits(900, 90, 10));
        assertThat(ResultTable.of(new Comparison.Result(naive, holdfast, Duration.ofSeconds(2)))
                        .lines())
                .containsExactly(
                        "path      requests/s   p50 ms   p95 ms   p99 ms  SQL/request  tier-1  tier-2  errors   stale",
                        "--------------------------------------------------------------------------------------------",
                        "naive            100     8.00    40.00    80.00       10.000       -       -       0       0",
                        "holdfast         800     8.00    40.00    80.00        0.250   90.0%   90.0%       0       0",
                        "ratio           8.0x     1.0x     1.0x     1.0x        40.0x");
    }

    private static Measurement measurement(ShopPath path, long requests, long statements, TierHits hits) {
        return new Measurement(
                path,
                Duration.ofSeconds(10),
                requests,
                Duration.ofMillis(8),
                Duration.ofMillis(40),
                Duration.ofMillis(80),
                statements,
                hits,
                0,
                0,
                "");
    }
}
