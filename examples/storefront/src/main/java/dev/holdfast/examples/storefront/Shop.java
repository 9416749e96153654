package dev.holdfast.examples.storefront;

import java.time.LocalDate;
import java.util.Optional;

/**
 * What the HTTP handlers ask. Implementations differ in how they get at the data, never in what they answer.
 *
 * <p>Thread-safe.
 */
interface Shop {
    /** Orders on one page. */
    int PAGE_SIZE = 10;

    /**
     * The page of a product.
     *
     * @return empty if there is no such product
     */
    Optional<ProductPage> product(long productId);

    /**
     * A page of a user's orders.
     *
     * @param page from 1; pages beyond the last are empty
     */
    OrderPage orders(long userId, int page);

    /** The summary of a day; zeros for a day without orders. */
    DaySummary summary(LocalDate day);

    /**
     * Sets the price of a product; later calls of {@link #product} see it.
     *
     * @return the product as it is now, or empty if there is no such product
     */
    Optional<Product> changePrice(long productId, long priceCents);
}
