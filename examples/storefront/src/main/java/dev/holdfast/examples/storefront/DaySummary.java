package dev.holdfast.examples.storefront;

import java.util.List;

/** What the shop's owner wants to know about one day; {@code day} is an ISO-8601 date. */
record DaySummary(String day, long orders, long items, long revenueCents, List<BrandSales> topBrands) {
    /** How many brands are listed. */
    static final int TOP = 10;

    DaySummary {
        topBrands = List.copyOf(topBrands);
    }

    /** What one brand sold that day. */
    record BrandSales(long brandId, String brandName, long items, long revenueCents) {}
}
