package dev.holdfast.examples.storefront;

/** What the page of a product shows. */
record ProductPage(Product product, Brand brand) {}
