package dev.holdfast.examples.storefront;

import java.time.LocalDate;

/**
 * How much the shop holds.
 *
 * @param brands number of brands, numbered from 1
 * @param products number of products, numbered from 1
 * @param users number of users, numbered from 1
 * @param orders number of orders, spread evenly over {@link #DAYS} days and over the users
 */
public record Scale(int brands, int products, int users, int orders) {
    /** The day of the first order. */
    public static final LocalDate FIRST_DAY = LocalDate.of(2025, 1, 1);

    /** The number of days with orders. */
    public static final int DAYS = 365;

    /** Spreads popularity over the product numbers; a prime, so that every product keeps a rank of its own. */
    static final long SPREAD = 7919;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive, or the number of products a multiple of 7919
     */
    public Scale {
        if (brands < 1 || products < 1 || users < 1 || orders < 1) {
            throw new IllegalArgumentException("brands, products, users and orders must be positive: %d, %d, %d, %d"
                    .formatted(brands, products, users, orders));
        }
        if (products % SPREAD == 0) {
            throw new IllegalArgumentException("products must not be a multiple of " + SPREAD + ": " + products);
        }
    }

    /**
     * The scale of the demo.
     *
     * @return 5,000 brands, 50,000 products, 10,000 users, 200,000 orders
     */
    public static Scale demo() {
        return new Scale(5_000, 50_000, 10_000, 200_000);
    }

    /**
     * The product that is the {@code rank}-th most popular.
     *
     * @param rank from 0
     * @return its number
     */
    long productOfRank(int rank) {
        return 1 + rank * SPREAD % products;
    }

    /**
     * The last day with orders.
     *
     * @return the day
     */
    static LocalDate lastDay() {
        return FIRST_DAY.plusDays(DAYS - 1L);
    }
}
