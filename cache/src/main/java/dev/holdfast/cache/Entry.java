package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/**
 * What tier 1 holds for a key; small enough that a hit reads one cache line of it.
 *
 * <p>Immutable but for {@code version}, which is written without synchronization: whoever misses a write validates again.
 *
 * @param <V> the value type
 */
class Entry<V> {
    static final String[] NO_TAGS = {};

    /** Null if the source has none, or failed. */
    final @Nullable V value;

    /** Stamp that this node had applied before the source was read. */
    final long born;

    /** Until when a hit needs no second look, in ticker nanoseconds; in the past for whatever always needs one. */
    final long checkAt;

    /** Version of the barriers under which it was last found valid. */
    int version;

    Entry(@Nullable V value, long born, long checkAt, int version) {
        this.value = value;
        this.born = born;
        this.checkAt = checkAt;
        this.version = version;
    }

    /** When it turns stale. */
    long freshUntil() {
        return checkAt;
    }

    /** When nobody may be served it any more. */
    long staleUntil() {
        return checkAt;
    }

    /** Escaped tags; not modified. */
    String[] tags() {
        return NO_TAGS;
    }

    /** Nanoseconds that loading it took; 0 if nobody knows. */
    long loadNanos() {
        return 0;
    }

    /** Whether it was stored while this node was cut off, with a life of at most {@code maxStale}. */
    boolean unvouched() {
        return false;
    }

    /** Not before then is the source asked again for what is stale, failed or due early. */
    long retryAt() {
        return checkAt;
    }

    /** Notes when the source may be asked again. */
    void retryAt(long nanos) {}

    /** Why the source failed, if it did. */
    @Nullable
    RuntimeException failure() {
        return null;
    }

    /** An entry that needs more than a deadline: tags, a stale reserve, an early refresh, no value. */
    static final class Rich<V> extends Entry<V> {
        private final long freshUntil;
        private final long staleUntil;
        private final long loadNanos;
        private final String[] tags;
        private final boolean unvouched;
        private volatile long retryAt;

        Rich(
                @Nullable V value,
                long born,
                long checkAt,
                int version,
                long freshUntil,
                long staleUntil,
                long loadNanos,
                String[] tags,
                boolean unvouched) {
            super(value, born, checkAt, version);
            this.freshUntil = freshUntil;
            this.staleUntil = staleUntil;
            this.loadNanos = loadNanos;
            this.tags = tags;
            this.unvouched = unvouched;
            this.retryAt = checkAt;
        }

        @Override
        long freshUntil() {
            return freshUntil;
        }

        @Override
        long staleUntil() {
            return staleUntil;
        }

        @Override
        String[] tags() {
            return tags;
        }

        @Override
        long loadNanos() {
            return loadNanos;
        }

        @Override
        boolean unvouched() {
            return unvouched;
        }

        @Override
        long retryAt() {
            return retryAt;
        }

        @Override
        void retryAt(long nanos) {
            retryAt = nanos;
        }
    }

    /** Remembers that the source failed, so that it is not asked again at once. */
    static final class Failed<V> extends Entry<V> {
        private final long until;
        private final RuntimeException failure;

        Failed(RuntimeException failure, long born, long now, long until, int version) {
            super(null, born, now, version);
            this.until = until;
            this.failure = failure;
        }

        @Override
        long freshUntil() {
            return until;
        }

        @Override
        long staleUntil() {
            return until;
        }

        @Override
        RuntimeException failure() {
            return failure;
        }
    }
}
