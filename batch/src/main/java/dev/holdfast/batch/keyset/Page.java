package dev.holdfast.batch.keyset;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A page of rows.
 *
 * @param items the rows, in the declared order, whichever way the page was reached; none of them null
 * @param next leads to the rows after these; empty if there were none
 * @param previous leads to the rows before these; empty on the first page
 * @param total number of all rows, if it was asked for
 * @param <T> type of the rows
 */
public record Page<T>(List<T> items, Optional<String> next, Optional<String> previous, OptionalLong total) {
    /** Copies the list. */
    public Page {
        items = List.copyOf(items);
    }
}
