package dev.holdfast.examples.storefront;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The command line.
 *
 * @param headless measure, print the table, exit
 * @param seconds how long each path is measured
 * @param workers visitors at a time
 * @param traffic send visitors in although nothing is measured
 * @param port of HTTP; 0 for any that is free
 * @param endWithParent stop when the process that started this one ends
 * @param help explain, and do nothing
 */
record DemoOptions(
        boolean headless, int seconds, int workers, boolean traffic, int port, boolean endWithParent, boolean help) {
    static final String USAGE = """
            Options:
              --headless     measure both paths, print one table, exit (0: holdfast path without error)
              --seconds N    how long each path is measured, 1 to 3600 (default 15)
              --workers N    visitors at a time, 1 to 256 (default 16)
              --traffic      without --headless: send visitors through the holdfast path
              --port N       port on 127.0.0.1 (default: any that is free)
              --end-with-parent  stop when the process that started it ends, as Maven asks for
              --help         print this""";

    /**
     * Reads arguments.
     *
     * @throws IllegalArgumentException if they are unknown, incomplete, out of range or contradictory; says which
     */
    static DemoOptions parse(List<String> arguments) {
        boolean headless = false;
        boolean traffic = false;
        boolean endWithParent = false;
        boolean help = false;
        int seconds = 15;
        int workers = 16;
        int port = 0;
        Deque<String> left = new ArrayDeque<>(arguments);
        while (!left.isEmpty()) {
            String option = left.pop();
            switch (option) {
                case "--headless" -> headless = true;
                case "--traffic" -> traffic = true;
                case "--end-with-parent" -> endWithParent = true;
                case "--help" -> help = true;
                case "--seconds" -> seconds = number(option, left.poll(), 1, 3600);
                case "--workers" -> workers = number(option, left.poll(), 1, 256);
                case "--port" -> port = number(option, left.poll(), 0, 65_535);
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if (headless && traffic) {
            throw new IllegalArgumentException("--headless brings its own traffic: leave out --traffic");
        }
        return new DemoOptions(headless, seconds, workers, traffic, port, endWithParent, help);
    }

    private static int number(String option, String value, int min, int max) {
        if (value != null) {
            try {
                int number = Integer.parseInt(value);
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Answered below, like a number out of range.
            }
        }
        throw new IllegalArgumentException(
                "%s takes a whole number from %d to %d, not %s".formatted(option, min, max, value));
    }
}
