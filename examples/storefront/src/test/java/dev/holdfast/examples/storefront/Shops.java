package dev.holdfast.examples.storefront;

/** Scales for tests. */
final class Shops {
    static final Scale SMALL = new Scale(200, 5_000, 500, 5_000);

    private Shops() {}
}
