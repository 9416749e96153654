package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/**
 * A value on its way into tier 1, from tier 2 or from the source.
 *
 * @param value the value; null if the source has none
 * @param born stamp that the loading node had applied before it read the source
 * @param freshNanos how long it is fresh; not positive if it is stale already
 * @param staleNanos how long it may be served at all
 * @param loadNanos what loading it took; 0 if nobody knows
 * @param tags escaped tags
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Found<V>(@Nullable V value, long born, long freshNanos, long staleNanos, long loadNanos, String[] tags) {
    boolean fresh() {
        return freshNanos > 0;
    }
}
