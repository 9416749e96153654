package dev.holdfast.examples.storefront;

import java.util.Locale;

/** What can be asked of the shop, under either path. */
enum Endpoint {
    /** {@code GET products/<id>}. */
    PRODUCT,
    /** {@code GET users/<id>/orders[?page=<n>]}. */
    ORDERS,
    /** {@code GET summary?day=<ISO date>}. */
    SUMMARY,
    /** {@code PUT products/<id>/price} with the price in cents as body. */
    PRICE;

    /** Its name in metrics. */
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
