package dev.holdfast.batch.write;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a {@link BulkWriter} was declared to do, besides the SQL. */
record BulkSettings(
        String name,
        Transactions transactions,
        Duplicates duplicates,
        int chunkSize,
        int retries,
        int maximumFailures,
        boolean ownConnections,
        boolean looseKeys,
        @Nullable Consumer<? super BulkProgress> listener) {}
