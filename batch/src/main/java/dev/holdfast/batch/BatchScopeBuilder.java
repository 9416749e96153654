package dev.holdfast.batch;

import dev.holdfast.core.Problems;
import java.util.Objects;

/** Settings of a {@link BatchScope}; not thread-safe. */
public final class BatchScopeBuilder {
    BatchContext context = BatchContext.empty();
    boolean ownerOnly;
    boolean caching = true;
    int parallelism = 1_024;

    BatchScopeBuilder() {}

    /**
     * What batch functions are told about the request. Empty by default.
     *
     * @param context tenant, user, connection
     * @return this
     */
    public BatchScopeBuilder context(BatchContext context) {
        this.context = Objects.requireNonNull(context, "context");
        return this;
    }

    /**
     * Has all batches run on the thread that opens the scope, as transactions want it that are bound to a thread or use one
     * connection. Other threads may load; their batches wait until this one waits too, by {@code load}, {@code join} or {@code
     * mapAll}, and fail with {@link BatchTimeoutException} if it does not within the loader's timeout.
     *
     * @return this
     */
    public BatchScopeBuilder onThisThread() {
        this.ownerOnly = true;
        return this;
    }

    /**
     * Switches off that the scope remembers values.
     *
     * @return this
     */
    public BatchScopeBuilder withoutCache() {
        this.caching = false;
        return this;
    }

    /**
     * Bounds the threads of {@link BatchScope#mapAll}; 1,024 by default. They are virtual where the JVM has virtual threads,
     * otherwise platform threads, which are kept for a minute. More items than threads need more batches.
     *
     * @param threads at least 1
     * @return this
     */
    public BatchScopeBuilder parallelism(int threads) {
        this.parallelism = threads;
        return this;
    }

    /**
     * Opens the scope on this thread.
     *
     * @return the scope; close it on this thread
     * @throws dev.holdfast.core.ConfigurationException if a setting cannot work
     */
    public BatchScope open() {
        Problems.of("batch scope")
                .require(
                        parallelism >= 1,
                        "batch.parallelism",
                        "parallelism",
                        parallelism,
                        "is not positive",
                        "use e.g. 64; each thread works on one item at a time")
                .orThrow();
        return new BatchScope(this);
    }
}
