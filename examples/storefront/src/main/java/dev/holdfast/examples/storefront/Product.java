package dev.holdfast.examples.storefront;

/** A product as stored; {@code version} grows by one with every change of price. */
record Product(long id, long brandId, String name, String description, long priceCents, int stock, long version) {}
