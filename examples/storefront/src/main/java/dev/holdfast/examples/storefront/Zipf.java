package dev.holdfast.examples.storefront;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Draws ranks so that the {@code r}-th is drawn in proportion to {@code 1 / r^exponent}. Immutable. */
final class Zipf {
    /** Chance of drawing this rank or a lower one. */
    private final double[] cumulative;

    /**
     * A distribution.
     *
     * @param ranks how many there are
     * @param exponent 0 draws all alike; 1 is the classic law
     */
    Zipf(int ranks, double exponent) {
        if (ranks < 1 || !(exponent >= 0)) {
            throw new IllegalArgumentException("ranks %d, exponent %s".formatted(ranks, exponent));
        }
        cumulative = new double[ranks];
        double sum = 0;
        for (int i = 0; i < ranks; i++) {
            sum += Math.pow(i + 1.0, -exponent);
            cumulative[i] = sum;
        }
        for (int i = 0; i < ranks; i++) {
            cumulative[i] /= sum;
        }
    }

    /** Draws a rank, from 0. */
    int draw(SplittableRandom random) {
        int found = Arrays.binarySearch(cumulative, random.nextDouble());
        return Math.min(found < 0 ? -found - 1 : found + 1, cumulative.length - 1);
    }
}
