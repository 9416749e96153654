package dev.holdfast.benchmarks.batch;

import dev.holdfast.benchmarks.Group;
import java.time.Duration;
import java.util.List;

/** The group {@code batch}. */
public final class BatchGroup {

    private BatchGroup() {}

    /** What batches gain over loops of single statements, and what the loader costs. */
    public static Group group() {
        return new Group(
                "batch",
                "batches against loops, the loader against java-dataloader, bulk writes and keyset reading against plain JDBC",
                List.of(
                        new Children("loader-loopback", Duration.ZERO, 10),
                        new Children("loader-latency", Duration.ofMillis(1), 40),
                        new OverheadPerKey(),
                        new BesidesDataLoader(),
                        new BulkUpdate(),
                        new BulkInsert(),
                        new KeysetReading()));
    }
}
