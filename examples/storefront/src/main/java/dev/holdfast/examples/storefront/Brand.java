package dev.holdfast.examples.storefront;

/** Who makes a product. */
record Brand(long id, String name, String country) {}
