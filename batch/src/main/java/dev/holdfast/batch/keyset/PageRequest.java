package dev.holdfast.batch.keyset;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which page is wanted: how many rows, and where.
 *
 * <p>Immutable. The size is 50 unless given and never above {@value #MOST_ROWS}: more is an error and not less than asked for, since a
 * client that asks for 1,000 and gets 100 believes that there are no more.
 */
public final class PageRequest {
    /** The most rows of a page. */
    public static final int MOST_ROWS = 100;
    /** Rows of a page if none are given. */
    public static final int USUAL_ROWS = 50;

    private static final PageRequest FIRST = new PageRequest(USUAL_ROWS, null, false);

    private final int size;
    private final @Nullable String cursor;
    private final boolean withTotal;

    private PageRequest(int size, @Nullable String cursor, boolean withTotal) {
        this.size = size;
        this.cursor = cursor;
        this.withTotal = withTotal;
    }

    /**
     * The first page, of 50 rows.
     *
     * @return the request
     */
    public static PageRequest first() {
        return FIRST;
    }

    /**
     * The first page.
     *
     * @param size 1 to 100
     * @return the request
     * @throws IllegalArgumentException if the size is out of range
     */
    public static PageRequest first(int size) {
        return FIRST.size(size);
    }

    /**
     * The page that a cursor leads to, of 50 rows.
     *
     * @param cursor from {@link Page#next()} or {@link Page#previous()}
     * @return the request
     */
    public static PageRequest at(String cursor) {
        return new PageRequest(USUAL_ROWS, Objects.requireNonNull(cursor, "cursor"), false);
    }

    /**
     * The same page with another size.
     *
     * @param rows 1 to 100
     * @return the request
     * @throws IllegalArgumentException if it is out of range
     */
    public PageRequest size(int rows) {
        if (rows < 1 || rows > MOST_ROWS) {
            throw new IllegalArgumentException("page size " + rows + " is out of range 1.." + MOST_ROWS
                    + ": ask for fewer rows and follow the cursor, or read by stream() or chunks()");
        }
        return new PageRequest(rows, cursor, withTotal);
    }

    /**
     * The same page with the number of all rows, which costs a count.
     *
     * @return the request
     */
    public PageRequest withTotal() {
        return new PageRequest(size, cursor, true);
    }

    /**
     * How many rows are wanted.
     *
     * @return 1 to 100
     */
    public int size() {
        return size;
    }

    /**
     * Where the page is.
     *
     * @return the cursor; empty for the first page
     */
    public Optional<String> cursor() {
        return Optional.ofNullable(cursor);
    }

    /**
     * Whether the number of all rows is wanted.
     *
     * @return true after {@link #withTotal()}
     */
    public boolean wantsTotal() {
        return withTotal;
    }

    /** Size and whether there is a cursor. */
    @Override
    public String toString() {
        return "PageRequest[" + size + (cursor == null ? " from the start]" : " at a cursor]");
    }
}
