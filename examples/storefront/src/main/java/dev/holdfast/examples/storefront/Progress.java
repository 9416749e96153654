package dev.holdfast.examples.storefront;

/** Told what is going on while the shop opens. */
@FunctionalInterface
public interface Progress {
    /**
     * One thing happened.
     *
     * @param line what, on one line
     */
    void say(String line);

    /**
     * Tells nobody.
     *
     * @return does nothing
     */
    static Progress silent() {
        return line -> {};
    }
}
