package dev.holdfast.batch.junit;

import dev.holdfast.batch.watch.QueryReport;
import dev.holdfast.batch.watch.QueryWatch;
import org.opentest4j.AssertionFailedError;

/** Assertions on the number of statements that code runs. */
public final class QueryAssertions {
    private QueryAssertions() {}

    /** Code whose number of statements must not depend on the size of its input. */
    @FunctionalInterface
    public interface Sized {
        /**
         * Runs it.
         *
         * @param size how many rows, items or parents to work on
         * @throws Exception what the code throws
         */
        void run(int size) throws Exception;
    }

    /**
     * Asserts that code runs as many statements for a large input as for a small one: it has no N+1.
     *
     * <p>Runs it once with the small size before it counts, so that what is cached or loaded once does not disturb. Counts as
     * {@link ExpectQueries} does.
     *
     * @param code the code
     * @param small a small input's size, at least 1
     * @param large a large input's size, at least twice the small one
     * @throws AssertionFailedError if the numbers differ, or if no statement ran
     * @throws IllegalArgumentException if the sizes are not so
     * @throws Exception what the code throws
     */
    public static void assertConstantQueries(Sized code, int small, int large) throws Exception {
        if (small < 1 || large < 2L * small) {
            throw new IllegalArgumentException("sizes " + small + " and " + large
                    + ": the small one must be at least 1 and the large one at least twice as large");
        }
        code.run(small);
        QueryReport few = QueryWatch.record("size " + small, () -> {
            code.run(small);
            return small;
        });
        QueryReport many = QueryWatch.record("size " + large, () -> {
            code.run(large);
            return large;
        });
        if (few.statements() == 0) {
            throw new AssertionFailedError(
                    "no statement ran: use the data source that QueryWatch.watch(...) returned in the code under test");
        }
        if (few.statements() != many.statements()) {
            throw new AssertionFailedError(
                    "expected as many statements for size " + large + " as for size " + small + " (" + few.statements()
                            + ")" + Reports.describe(many),
                    few.statements(),
                    many.statements());
        }
    }
}
