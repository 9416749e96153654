package dev.holdfast.benchmarks;

import java.util.Arrays;

/**
 * A median and the 95 % confidence interval around it.
 *
 * <p>The interval lies between two order statistics of the sample: the median of the population lies below the k-th
 * smallest of n independent values only if fewer than k of them fall below the median, which is a matter of n coin
 * tosses. So nothing is assumed about the distribution, least of all that it is normal: timings have long tails.
 * (Conover, Practical Nonparametric Statistics, section 3.2.)
 *
 * @param median median of the sample
 * @param low lower end
 * @param high upper end
 */
public record Interval(double median, double low, double high) {

    /** With fewer values even the whole range of the sample covers the median with less than 95 %. */
    public static final int FEWEST = 6;

    private static final double TAIL = 0.025;

    /**
     * The interval of the median.
     *
     * @param sample at least {@link #FEWEST} finite values, in any order
     */
    public static Interval ofMedian(double[] sample) {
        if (sample.length < FEWEST) {
            throw new IllegalArgumentException(
                    sample.length + " values: a 95 % interval of the median needs at least " + FEWEST);
        }
        double[] sorted = sample.clone();
        Arrays.sort(sorted);
        if (!Double.isFinite(sorted[0]) || !Double.isFinite(sorted[sorted.length - 1])) {
            throw new IllegalArgumentException("not a finite number in " + Arrays.toString(sample));
        }
        int rank = lowerRank(sorted.length);
        return new Interval(quantile(sorted, 0.5), sorted[rank - 1], sorted[sorted.length - rank]);
    }

    /**
     * The largest k with P(fewer than k heads in n tosses) at most 2.5 %; 0 if there is none.
     *
     * @param n number of values
     */
    static int lowerRank(int n) {
        // By logarithms: 0.5^n underflows from n = 1075 on.
        double logTerm = -n * Math.log(2);
        double below = 0;
        int rank = 0;
        while (true) {
            below += Math.exp(logTerm);
            if (below > TAIL) {
                return rank;
            }
            rank++;
            logTerm += Math.log((n - rank + 1) / (double) rank);
        }
    }

    /** Linear interpolation between order statistics. */
    static double quantile(double[] sorted, double q) {
        double position = q * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }

    /** Whether a value lies inside, ends included. */
    public boolean contains(double value) {
        return low <= value && value <= high;
    }
}
