package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.StatementKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One statement that ran, whoever reported it.
 *
 * @param source the number of the data source
 * @param token stands for this execution; an object that equals no other
 * @param fingerprint its text without what differs
 * @param kind what it does
 * @param binds parameters, one list per row
 * @param nanos duration
 * @param failed whether it failed
 * @param callSite the application's frames, null where they were not read
 */
record Execution(
        int source,
        Object token,
        Fingerprint fingerprint,
        StatementKind kind,
        List<List<@Nullable Object>> binds,
        long nanos,
        boolean failed,
        @Nullable List<String> callSite) {}
