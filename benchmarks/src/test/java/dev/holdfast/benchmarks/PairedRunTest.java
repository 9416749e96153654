package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.benchmarks.Target.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PairedRunTest {

    private static final Target AT_MOST = Target.atMost("time", 1.3);

    private static PairedResult run(Side subject, Side baseline, int pairs) throws Exception {
        return PairedRun.named("test")
                .subject("A", subject)
                .baseline("B", baseline)
                .warmUp(Duration.ZERO)
                .measure(Duration.ZERO, pairs)
                .seed(1)
                .run();
    }

    /** A machine whose every sample takes a random time with a long tail. */
    private static Side noisy(double typical, long seed) {
        Random random = new Random(seed);
        return pair -> new Sample(typical * Math.exp(0.3 * random.nextGaussian()), pair);
    }

    @Test
    void equalSidesUnderNoise_pass() throws Exception {
        PairedResult result = run(noisy(100, 1), noisy(100, 2), 60);

        assertThat(result.ratio().contains(1)).isTrue();
        assertThat(AT_MOST.judge(result.ratio())).isEqualTo(Verdict.PASS);
    }

    @Test
    void subjectTwiceAsSlowUnderNoise_fallsShort() throws Exception {
        PairedResult result = run(noisy(200, 1), noisy(100, 2), 60);

        assertThat(result.ratio().contains(2)).isTrue();
        assertThat(AT_MOST.judge(result.ratio())).isEqualTo(Verdict.FALL_SHORT);
    }

    @Test
    void subjectTwiceAsFastUnderNoise_passesAtMostAndFallsShortOfFiveTimes() throws Exception {
        PairedResult result = run(noisy(50, 1), noisy(100, 2), 60);

        assertThat(AT_MOST.judge(result.ratio())).isEqualTo(Verdict.PASS);
        assertThat(Target.atLeast("rate", 5).judge(result.ratio())).isEqualTo(Verdict.FALL_SHORT);
    }

    /** The verdict must be wrong about equal sides in few runs only, whatever the lot. */
    @Test
    void equalSidesAtTheBoundItself_fallShortInAtMost5PercentOfRuns() throws Exception {
        Target one = Target.atMost("time", 1);
        int wrong = 0;
        for (int run = 0; run < 1000; run++) {
            PairedResult result = run(noisy(100, 2L * run), noisy(100, 2L * run + 1), 20);
            if (one.judge(result.ratio()) == Verdict.FALL_SHORT) {
                wrong++;
            }
        }
        assertThat(wrong).isLessThan(50);
    }

    /** Real work and a real clock: a harness that cannot fail is worth nothing. */
    @Test
    void realWorkDoneTwice_fallsShort_andDoneOnce_passes() throws Exception {
        Work once = PairedRunTest::scramble;
        Work twice = (first, operations) -> {
            long digest = scramble(first, operations);
            return scramble(first, operations) + digest - digest;
        };
        Timed timed = Timed.calibrate(once, Duration.ofMillis(4));
        PairedRun.Builder slowed =
                PairedRun.named("slowed").subject("twice", timed.cpuSide(twice)).baseline("once", timed.cpuSide(once));
        PairedRun.Builder equal =
                PairedRun.named("equal").subject("once", timed.cpuSide(once)).baseline("once", timed.cpuSide(once));

        Interval ofSlowed = slowed.warmUp(Duration.ofMillis(200))
                .measure(Duration.ofMillis(500), 40)
                .run()
                .ratio();
        Interval ofEqual = equal.warmUp(Duration.ofMillis(200))
                .measure(Duration.ofMillis(500), 40)
                .run()
                .ratio();

        assertThat(AT_MOST.judge(ofSlowed)).as("%s", ofSlowed).isEqualTo(Verdict.FALL_SHORT);
        assertThat(AT_MOST.judge(ofEqual)).as("%s", ofEqual).isEqualTo(Verdict.PASS);
    }

    private static long scramble(long first, int operations) {
        long hash = first;
        for (int i = 0; i < operations; i++) {
            hash = (hash ^ (first + i)) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return hash;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.9, 1.1})
    void machineThatDriftsSteadily_doesNotFavourASide(double drift) throws Exception {
        double[] load = {100};
        Side side = pair -> new Sample(load[0] *= drift, 0);

        PairedResult result = run(side, side, 40);

        assertThat(result.ratio().contains(1)).isTrue();
    }

    @Test
    void order_everyTwoPairs_isMirrored_andTheLotFallsBothWays() throws Exception {
        List<String> order = new ArrayList<>();
        run(logged("A", order), logged("B", order), 100);

        List<String> fours = new ArrayList<>();
        for (int i = 0; i < order.size(); i += 4) {
            fours.add(String.join("", order.subList(i, i + 4)));
        }
        assertThat(fours).containsOnly("ABBA", "BAAB").contains("ABBA", "BAAB");
    }

    private static Side logged(String name, List<String> order) {
        return pair -> {
            order.add(name);
            return new Sample(1, 0);
        };
    }

    @Test
    void pairs_bothSidesGetTheSameNumbers_eachOnce() throws Exception {
        List<Integer> ofSubject = new ArrayList<>();
        List<Integer> ofBaseline = new ArrayList<>();
        PairedResult result = run(numbered(ofSubject), numbered(ofBaseline), 20);

        assertThat(ofSubject).isEqualTo(ofBaseline).doesNotHaveDuplicates().startsWith(0, 1, 2);
        assertThat(ofSubject)
                .as("with two pairs of warm-up, which do not count")
                .hasSize(22);
        assertThat(result.pairs()).isEqualTo(20);
    }

    private static Side numbered(List<Integer> pairs) {
        return pair -> {
            pairs.add(pair);
            return new Sample(1, 0);
        };
    }

    @Test
    void warmUp_samplesDoNotCount() throws Exception {
        Side subject = pair -> new Sample(pair < 2 ? 1_000_000 : 1, 0);

        PairedResult result = run(subject, pair -> new Sample(1, 0), 6);

        assertThat(result.ratio()).isEqualTo(new Interval(1, 1, 1));
    }

    @Test
    void resultsThatDiffer_inOnePair_endTheRunAndNameIt() {
        Side wrongOnce = pair -> new Sample(1, pair == 7 ? 13 : 42);

        assertThatThrownBy(() -> run(wrongOnce, pair -> new Sample(1, 42), 20))
                .isInstanceOf(ResultsDifferException.class)
                .hasMessage("test: results differ in pair 7: A gave digest 13, B gave 42");
    }

    @Test
    void resultsThatDiffer_duringWarmUp_endTheRunToo() {
        assertThatThrownBy(() -> run(pair -> new Sample(1, 1), pair -> new Sample(1, 2), 20))
                .isInstanceOf(ResultsDifferException.class)
                .hasMessageContaining("pair 0");
    }

    @Test
    void sideThatThrows_endsTheRunWithItsException() {
        Side broken = pair -> {
            throw new IOException("connection reset");
        };

        assertThatThrownBy(() -> run(broken, pair -> new Sample(1, 1), 20))
                .isInstanceOf(IOException.class)
                .hasMessage("connection reset");
    }

    @Test
    void measure_fewerPairsThanAnIntervalNeeds_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PairedRun.named("x").measure(Duration.ofSeconds(1), 5))
                .withMessage("5 pairs: a 95 % interval needs at least 6");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void sample_thatIsNoMeasurement_isRefused(double value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sample(value, 0))
                .withMessageContaining("must be finite and above 0");
    }

    @Test
    void calibrate_fillsTheSample() throws Exception {
        Work spin = (first, operations) -> {
            long end = System.nanoTime() + operations * 10_000L;
            long looks = 0;
            while (System.nanoTime() < end) {
                looks++;
            }
            return looks;
        };

        int operations = Timed.calibrate(spin, Duration.ofMillis(10)).operations();

        assertThat(operations).isBetween(300, 1050);
    }

    @Test
    void side_measuresWaiting_andCpuSideDoesNot() throws Exception {
        Work waiting = (first, operations) -> {
            LockSupport.parkNanos(5_000_000L);
            return 0;
        };
        Timed timed = Timed.of(1);

        double wall = fastestOf(timed.side(waiting));
        double processor = fastestOf(timed.cpuSide(waiting));

        assertThat(wall).isGreaterThan(1_000_000);
        assertThat(processor).isLessThan(1_000_000);
    }

    private static double fastestOf(Side side) throws Exception {
        double fastest = Double.MAX_VALUE;
        for (int pair = 0; pair < 20; pair++) {
            fastest = Math.min(fastest, side.sample(pair).value());
        }
        return fastest;
    }

    @Test
    void side_numbersTheOperationsOfPairsOneAfterTheOther() throws Exception {
        List<Long> firsts = new ArrayList<>();
        Side side = Timed.of(100).side((first, operations) -> {
            firsts.add(first);
            return operations;
        });

        Sample sample = side.sample(0);
        side.sample(1);
        side.sample(30_000_000);

        assertThat(firsts).containsExactly(0L, 100L, 3_000_000_000L);
        assertThat(sample.digest()).isEqualTo(100);
    }

    @Test
    void medianSide_operationsThatTakeLong_doNotCountIfTheyAreFew() throws Exception {
        Work rarelySlow = (first, operations) -> {
            LockSupport.parkNanos(first % 4 == 3 ? 20_000_000L : 1_000L);
            return first;
        };

        assertThat(fastestOf(Timed.of(8).medianSide(rarelySlow))).isLessThan(5_000_000);
    }

    @Test
    void medianSide_numbersTheOperationsOneAfterTheOther_andDigestsTheirOrder() throws Exception {
        List<Long> firsts = new ArrayList<>();
        Work noting = (first, operations) -> {
            assertThat(operations).isEqualTo(1);
            firsts.add(first);
            return first;
        };
        Side side = Timed.of(3).medianSide(noting);

        long digest = side.sample(1).digest();

        assertThat(firsts).containsExactly(3L, 4L, 5L);
        assertThat(digest).isEqualTo((3 * 31 + 4) * 31 + 5);
    }

    @Test
    void calibrate_workWhoseFirstCallIsSlow_isNotDeceived() throws Exception {
        boolean[] called = new boolean[1];
        Work cold = (first, operations) -> {
            long cost = called[0] ? operations * 1_000L : 20_000_000;
            called[0] = true;
            long end = System.nanoTime() + cost;
            long looks = 0;
            while (System.nanoTime() < end) {
                looks++;
            }
            return looks;
        };

        assertThat(Timed.calibrate(cold, Duration.ofMillis(2)).operations()).isGreaterThan(500);
    }

    @Test
    void result_describesItselfInOneLine() {
        PairedResult result = new PairedResult(
                "get", "cache", new double[] {2, 2, 2, 2, 2, 2}, "raw", new double[] {1, 1, 1, 1, 1, 1});

        assertThat(result.describe("µs"))
                .isEqualTo("get: ratio 2.000, 95 % in [2.000, 2.000], spread 0.000, 6 pairs; cache 2.0 µs, raw 1.0 µs");
    }

    @Test
    void result_ofUnequalNumbersOfSamples_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PairedResult("x", "a", new double[6], "b", new double[7]))
                .withMessageContaining("are no pairs");
    }
}
