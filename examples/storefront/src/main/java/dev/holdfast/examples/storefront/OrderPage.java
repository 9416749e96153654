package dev.holdfast.examples.storefront;

import java.util.List;

/** One page of a user's orders, newest first, and how many there are in all. */
record OrderPage(long userId, int page, int pageSize, long total, List<Order> orders) {
    OrderPage {
        orders = List.copyOf(orders);
    }

    /** An order; {@code placedAt} is an ISO-8601 instant. */
    record Order(long id, String placedAt, String status, List<Line> lines) {
        Order {
            lines = List.copyOf(lines);
        }
    }

    /** A line of an order: the price is what was paid, names are those of today. */
    record Line(int number, long productId, String productName, String brandName, int quantity, long unitPriceCents) {}
}
