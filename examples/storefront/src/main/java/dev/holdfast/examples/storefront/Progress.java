package dev.holdfast.examples.storefront;

import java.util.Locale;

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
     * One step of many is done.
     *
     * @param what it worked on
     * @param rows how many, or 0 if nobody counted
     * @param startNanos when it began, by {@link System#nanoTime()}
     */
    default void done(String what, int rows, long startNanos) {
        String count = rows == 0 ? "" : String.format(Locale.ROOT, "%,d", rows);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        say(String.format(Locale.ROOT, "  %-22s %7s %6.1f s", what, count, seconds));
    }

    /**
     * Tells nobody.
     *
     * @return does nothing
     */
    static Progress silent() {
        return line -> {};
    }
}
