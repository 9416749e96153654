package dev.holdfast.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** What a paired run found. Immutable. */
public final class PairedResult {

    private final String name;
    private final String subjectLabel;
    private final String baselineLabel;
    private final double[] subject;
    private final double[] baseline;
    private final double[] ratios;
    private final Interval interval;

    /**
     * From the samples of both sides.
     *
     * @param name of the comparison
     * @param subjectLabel what is judged
     * @param subject its samples, one per pair
     * @param baselineLabel what it is compared with
     * @param baseline its samples, in the same order
     */
    public PairedResult(String name, String subjectLabel, double[] subject, String baselineLabel, double[] baseline) {
        if (subject.length != baseline.length) {
            throw new IllegalArgumentException(
                    name + ": " + subject.length + " samples against " + baseline.length + " are no pairs");
        }
        this.name = name;
        this.subjectLabel = subjectLabel;
        this.baselineLabel = baselineLabel;
        this.subject = subject.clone();
        this.baseline = baseline.clone();
        ratios = new double[subject.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = subject[i] / baseline[i];
        }
        interval = Interval.ofMedian(ratios);
    }

    /** Number of pairs. */
    public int pairs() {
        return ratios.length;
    }

    /** Median of the ratios of subject to baseline, with its 95 % interval. */
    public Interval ratio() {
        return interval;
    }

    /** Half of all ratios lie within a range of this width around the median: the distance of the quartiles. */
    public double spread() {
        double[] sorted = sorted(ratios);
        return Interval.quantile(sorted, 0.75) - Interval.quantile(sorted, 0.25);
    }

    /** Median sample of the subject, in the unit of its side. */
    public double subjectMedian() {
        return Interval.quantile(sorted(subject), 0.5);
    }

    /** Median sample of the baseline, in the unit of its side. */
    public double baselineMedian() {
        return Interval.quantile(sorted(baseline), 0.5);
    }

    /** One line for people. */
    public String describe(String unit) {
        return String.format(
                Locale.ROOT,
                "%s: ratio %.3f, 95 %% in [%.3f, %.3f], spread %.3f, %d pairs; %s %.1f %s, %s %.1f %s",
                name,
                interval.median(),
                interval.low(),
                interval.high(),
                spread(),
                pairs(),
                subjectLabel,
                subjectMedian(),
                unit,
                baselineLabel,
                baselineMedian(),
                unit);
    }

    private static double[] sorted(double[] values) {
        double[] copy = values.clone();
        Arrays.sort(copy);
        return copy;
    }
}
