package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.StatementKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records every statement on any watched data source from whatever thread, until it is closed.
 *
 * <p>For tests: whatever else runs meanwhile is recorded too. Thread-safe.
 */
public final class QueryRecording implements AutoCloseable {
    private final String name;
    private final Map<QueryWatch, ScopeLog> logs = new LinkedHashMap<>();

    private QueryRecording(String name, List<QueryWatch> watches) {
        this.name = name;
        for (QueryWatch watch : watches) {
            ScopeLog log = watch.newLog(name);
            logs.put(watch, log);
            watch.recordInto(log);
        }
    }

    /**
     * Starts to record.
     *
     * @param name what the report is called
     * @return the recording
     * @throws IllegalStateException if no watch is live
     */
    public static QueryRecording start(String name) {
        List<QueryWatch> watches = LiveWatches.all();
        if (watches.isEmpty()) {
            throw new IllegalStateException(
                    "there is no QueryWatch to record from: build one and use the data source that its watch(...) returns");
        }
        return new QueryRecording(name, watches);
    }

    /**
     * What ran so far.
     *
     * @return a snapshot, over all watches
     */
    public QueryReport report() {
        long statements = 0;
        long failures = 0;
        long rows = 0;
        Duration total = Duration.ZERO;
        Map<StatementKind, Long> byKind = new EnumMap<>(StatementKind.class);
        Map<String, Long> queries = new HashMap<>();
        List<QueryFinding> findings = new ArrayList<>();
        for (Map.Entry<QueryWatch, ScopeLog> entry : logs.entrySet()) {
            QueryReport report = entry.getKey().withoutIgnored(entry.getValue().report());
            statements += report.statements();
            failures += report.failures();
            rows += report.rows();
            total = total.plus(report.total());
            report.byKind().forEach((kind, count) -> byKind.merge(kind, count, Long::sum));
            report.queries().forEach((query, count) -> queries.merge(query, count, Long::sum));
            findings.addAll(report.findings());
        }
        return new QueryReport(name, statements, byKind, failures, rows, total, queries, findings);
    }

    /** Stops; the report stays. */
    @Override
    public void close() {
        logs.forEach(QueryWatch::stopRecording);
    }
}
