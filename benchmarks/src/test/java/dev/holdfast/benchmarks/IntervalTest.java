package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalTest {

    /** Against the published table of binomial confidence limits for the median. */
    @ParameterizedTest
    @CsvSource({"5,0", "6,1", "8,1", "9,2", "10,2", "15,4", "20,6", "25,8", "50,18", "100,40", "5000,2431"})
    void lowerRank_ofTabulatedSizes_isTheTabulatedRank(int n, int rank) {
        assertThat(Interval.lowerRank(n)).isEqualTo(rank);
    }

    @Test
    void ofMedian_ofTheNumbersOneToTen_liesBetweenTheSecondAndTheNinth() {
        Interval interval = Interval.ofMedian(new double[] {10, 1, 9, 2, 8, 3, 7, 4, 6, 5});

        assertThat(interval).isEqualTo(new Interval(5.5, 2, 9));
    }

    @Test
    void ofMedian_leavesTheSampleAsItWas() {
        double[] sample = {3, 1, 2, 6, 5, 4};

        Interval.ofMedian(sample);

        assertThat(sample).containsExactly(3, 1, 2, 6, 5, 4);
    }

    @Test
    void ofMedian_ofEqualValues_isAPoint() {
        assertThat(Interval.ofMedian(new double[] {2, 2, 2, 2, 2, 2})).isEqualTo(new Interval(2, 2, 2));
    }

    @Test
    void ofMedian_oneHugeOutlier_movesNothing() {
        double[] sample = new double[41];
        for (int i = 0; i < sample.length; i++) {
            sample[i] = 1 + i / 1000.0;
        }
        Interval calm = Interval.ofMedian(sample);
        sample[40] = 1e9;

        assertThat(Interval.ofMedian(sample)).isEqualTo(calm);
    }

    @Test
    void ofMedian_fiveValues_isRefusedWithTheRule() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Interval.ofMedian(new double[] {1, 2, 3, 4, 5}))
                .withMessage("5 values: a 95 % interval of the median needs at least 6");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void ofMedian_valueThatIsNotFinite_isRefused(double value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Interval.ofMedian(new double[] {1, 2, 3, 4, 5, value}))
                .withMessageContaining("not a finite number");
    }

    /** The promise itself, on a distribution with a long tail: exp of a normal variable has median 1. */
    @ParameterizedTest
    @ValueSource(ints = {6, 11, 25, 100})
    void ofMedian_ofManySkewedSamples_coversTheTrueMedianInAtLeast95Percent(int n) {
        Random random = new Random(42 + n);
        int trials = 4000;
        int covered = 0;
        for (int trial = 0; trial < trials; trial++) {
            double[] sample = new double[n];
            for (int i = 0; i < n; i++) {
                sample[i] = Math.exp(1.5 * random.nextGaussian());
            }
            if (Interval.ofMedian(sample).contains(1)) {
                covered++;
            }
        }
        // Two standard errors of the trial itself below 95 %.
        assertThat(covered / (double) trials).isGreaterThan(0.943);
    }

    @Test
    void ofMedian_moreValues_isNarrower() {
        Random random = new Random(7);
        double[] few = random.doubles(10).toArray();
        double[] many = random.doubles(1000).toArray();

        Interval narrow = Interval.ofMedian(many);
        Interval wide = Interval.ofMedian(few);

        assertThat(narrow.high() - narrow.low()).isLessThan((wide.high() - wide.low()) / 3);
        assertThat(narrow.median()).isEqualTo(0.5, within(0.05));
    }

    @Test
    void quantile_betweenTwoValues_isInterpolated() {
        assertThat(Interval.quantile(new double[] {1, 2, 3, 4, 5}, 0.25)).isEqualTo(2);
        assertThat(Interval.quantile(new double[] {1, 2}, 0.75)).isEqualTo(1.75);
        assertThat(Interval.quantile(new double[] {4}, 0.5)).isEqualTo(4);
    }
}
