package dev.holdfast.benchmarks.floor;

import dev.holdfast.benchmarks.ResultsDifferException;
import dev.holdfast.benchmarks.Work;
import java.util.List;
import java.util.Map;

/** A way to read items, and the work that is measured with it: the same for all sides. */
public interface ItemReader {

    /** The item of a key, or null. */
    Item get(Long key) throws Exception;

    /** The items of many keys, without those that are not found. */
    Map<Long, Item> getAll(List<Long> keys) throws Exception;

    /**
     * Looks items up in the random sequence; the digest is the number found.
     *
     * <p>Where a hit takes no longer than a virtual call is worth measuring, sides have a loop of their own.
     */
    default Work hits(Items items) {
        return (first, operations) -> {
            long found = 0;
            for (long n = first; n < first + operations; n++) {
                if (get(items.lookup(n)) != null) {
                    found++;
                }
            }
            return found;
        };
    }

    /** Reads item after item, each by itself. */
    default Work gets(Items items) {
        return (first, operations) -> {
            long digest = 0;
            for (long n = first; n < first + operations; n++) {
                digest = Items.digest(digest, get(items.key(n)));
            }
            return digest;
        };
    }

    /** Reads rows of items, whose order within the row may differ between sides. */
    default Work rows(Items items, int size) {
        return (first, operations) -> {
            long digest = 0;
            for (long n = first; n < first + operations; n++) {
                for (Item item : getAll(items.row(n, size)).values()) {
                    digest += Items.digest(n, item);
                }
            }
            return digest;
        };
    }

    /** Refuses a reader that does not give every item as it is. */
    default void verify(Items items) throws Exception {
        for (int n = 0; n < Items.COUNT; n++) {
            Long key = items.key(n);
            Item found = get(key);
            if (!items.item(key).equals(found)) {
                throw new ResultsDifferException("item " + key + ": " + this + " has " + found);
            }
        }
    }

    /** The same for rows. */
    default void verifyRows(Items items, int size) throws Exception {
        for (int n = 0; n < Items.COUNT / size; n++) {
            List<Long> row = items.row(n, size);
            Map<Long, Item> found = getAll(row);
            for (Long key : row) {
                if (found.size() != size || !items.item(key).equals(found.get(key))) {
                    throw new ResultsDifferException("row " + n + ": " + this + " has " + found);
                }
            }
        }
    }
}
