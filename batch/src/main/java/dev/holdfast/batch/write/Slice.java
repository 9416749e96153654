package dev.holdfast.batch.write;

import org.jspecify.annotations.Nullable;

/**
 * Some rows of a call, in the order in which they are written.
 *
 * @param input all rows
 * @param from first place in that order
 * @param to place after the last
 */
record Slice(Input<?> input, int from, int to) {
    int size() {
        return to - from;
    }

    /** The number of a row among those of the call. */
    int row(int position) {
        return input.order()[from + position];
    }

    /** The form of a value; see {@link dev.holdfast.batch.sql.Values}. */
    @Nullable
    Object value(int field, int position) {
        return input.value(field, row(position));
    }

    Slice part(int first, int last) {
        return new Slice(input, from + first, from + last);
    }
}
