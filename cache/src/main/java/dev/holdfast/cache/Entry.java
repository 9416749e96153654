package dev.holdfast.cache;

/**
 * A value in tier 1, immutable, and small enough for half a cache line: a hit reads all of it.
 *
 * @param <V> the value type
 */
class Entry<V> {
    final V value;

    /** Stamp that this node had applied before the source was read. */
    final long born;

    /** When it ends, in ticker nanoseconds. */
    final long deadline;

    Entry(V value, long born, long deadline) {
        this.value = value;
        this.born = born;
        this.deadline = deadline;
    }

    /** An entry that was stored while this node was cut off; its deadline lies within {@code maxStale} of that. */
    static final class Unvouched<V> extends Entry<V> {
        Unvouched(V value, long born, long deadline) {
            super(value, born, deadline);
        }
    }
}
