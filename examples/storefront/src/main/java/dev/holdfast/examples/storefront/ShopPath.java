package dev.holdfast.examples.storefront;

import java.util.Locale;

/** The two ways through the shop; each is the first segment of its addresses. */
public enum ShopPath {
    /** Straight to the database, row by row. */
    NAIVE,
    /** Through Holdfast. */
    HOLDFAST;

    /**
     * The first segment of the address.
     *
     * @return {@code naive} or {@code holdfast}
     */
    public String segment() {
        return name().toLowerCase(Locale.ROOT);
    }
}
