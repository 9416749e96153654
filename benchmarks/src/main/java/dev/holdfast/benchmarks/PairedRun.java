package dev.holdfast.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Compares two sides that alternate in one run, so that what the machine does besides hits both alike.
 *
 * <p>A pair is one sample of each side, on the same inputs, one right after the other. Pairs come in twos of mirrored
 * order, {@code AB BA} or {@code BA AB} by lot, so that neither going first nor a steady drift favours a side. What
 * counts is the ratio within each pair.
 */
public final class PairedRun {

    private final String name;
    private final String subjectLabel;
    private final Side subject;
    private final String baselineLabel;
    private final Side baseline;
    private final Duration warmUp;
    private final Duration measure;
    private final int fewestPairs;
    private final Random order;

    private PairedRun(Builder builder) {
        name = builder.name;
        subjectLabel = builder.subjectLabel;
        subject = Objects.requireNonNull(builder.subject, "subject");
        baselineLabel = builder.baselineLabel;
        baseline = Objects.requireNonNull(builder.baseline, "baseline");
        warmUp = builder.warmUp;
        measure = builder.measure;
        fewestPairs = builder.fewestPairs;
        order = new Random(builder.seed);
    }

    /**
     * Starts describing a comparison.
     *
     * @param name for progress and errors
     */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /**
     * Warms up, measures, and compares the results of every pair, those of the warm-up too.
     *
     * @throws ResultsDifferException if a pair's digests differ
     * @throws Exception what a side throws
     */
    public PairedResult run() throws Exception {
        Pairs pairs = new Pairs();
        pairs.runFor(warmUp, 2);
        pairs.subject.clear();
        pairs.baseline.clear();
        pairs.runFor(measure, fewestPairs);
        return new PairedResult(name, subjectLabel, toArray(pairs.subject), baselineLabel, toArray(pairs.baseline));
    }

    private static double[] toArray(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** What one run has gathered so far. */
    private final class Pairs {
        private final List<Double> subject = new ArrayList<>();
        private final List<Double> baseline = new ArrayList<>();
        private int next;

        void runFor(Duration time, int fewest) throws Exception {
            long start = System.nanoTime();
            long length = time.toNanos();
            while (subject.size() < fewest || System.nanoTime() - start < length) {
                boolean subjectFirst = order.nextBoolean();
                one(subjectFirst);
                one(!subjectFirst);
            }
        }

        private void one(boolean subjectFirst) throws Exception {
            int pair = next++;
            Sample ofSubject;
            Sample ofBaseline;
            if (subjectFirst) {
                ofSubject = PairedRun.this.subject.sample(pair);
                ofBaseline = PairedRun.this.baseline.sample(pair);
            } else {
                ofBaseline = PairedRun.this.baseline.sample(pair);
                ofSubject = PairedRun.this.subject.sample(pair);
            }
            if (ofSubject.digest() != ofBaseline.digest()) {
                throw new ResultsDifferException(name + ": results differ in pair " + pair + ": " + subjectLabel
                        + " gave digest " + ofSubject.digest() + ", " + baselineLabel + " gave " + ofBaseline.digest());
            }
            subject.add(ofSubject.value());
            baseline.add(ofBaseline.value());
        }
    }

    /** Describes a comparison. */
    public static final class Builder {
        private final String name;
        private String subjectLabel = "subject";
        private Side subject;
        private String baselineLabel = "baseline";
        private Side baseline;
        private Duration warmUp = Duration.ofSeconds(1);
        private Duration measure = Duration.ofSeconds(3);
        private int fewestPairs = 20;
        private long seed = System.nanoTime();

        private Builder(String name) {
            this.name = name;
        }

        /** What is judged: the numerator of the ratios. */
        public Builder subject(String label, Side side) {
            subjectLabel = label;
            subject = side;
            return this;
        }

        /** What it is compared with: the denominator of the ratios. */
        public Builder baseline(String label, Side side) {
            baselineLabel = label;
            baseline = side;
            return this;
        }

        /** How long to alternate before anything counts; at least one pair in either order. */
        public Builder warmUp(Duration time) {
            warmUp = time;
            return this;
        }

        /**
         * How long to measure.
         *
         * @param time how long
         * @param fewestPairs goes on beyond the time until there are as many; at least {@link Interval#FEWEST}
         */
        public Builder measure(Duration time, int fewestPairs) {
            if (fewestPairs < Interval.FEWEST) {
                throw new IllegalArgumentException(
                        fewestPairs + " pairs: a 95 % interval needs at least " + Interval.FEWEST);
            }
            measure = time;
            this.fewestPairs = fewestPairs;
            return this;
        }

        /** Fixes the lots that decide on the order of sides. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * Runs it.
         *
         * @throws ResultsDifferException if a pair's digests differ
         * @throws Exception what a side throws
         */
        public PairedResult run() throws Exception {
            return new PairedRun(this).run();
        }
    }
}
