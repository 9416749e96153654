package dev.holdfast.benchmarks.batch;

import dev.holdfast.benchmarks.Group;
import java.util.List;

/** The group {@code batch}. */
public final class BatchGroup {

    private BatchGroup() {}

    /** What batching saves beside loops, JDBC batches, cursors and OFFSET. */
    public static Group group() {
        return new Group(
                "batch",
                "bulk writes and keyset reading against JDBC loops, batches, cursors and OFFSET",
                List.of(new BulkUpdate(), new BulkInsert(), new KeysetReading()));
    }
}
