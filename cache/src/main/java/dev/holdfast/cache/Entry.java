package dev.holdfast.cache;

/**
 * A value in tier 1.
 *
 * <p>Immutable but for {@link #checked}, a memo that any thread may refresh: losing such a write costs one more check.
 */
final class Entry<V> {
    final V value;

    /** Stamp that this node had applied before the source was read. */
    final long born;

    /** When it came into tier 1, in ticker nanoseconds. */
    final long stored;

    /** When it ends, in ticker nanoseconds. */
    final long deadline;

    /** Reading of {@link Tier1}'s gate at which the entry was last found valid. */
    volatile long checked;

    Entry(V value, long born, long stored, long deadline, long checked) {
        this.value = value;
        this.born = born;
        this.stored = stored;
        this.deadline = deadline;
        this.checked = checked;
    }
}
