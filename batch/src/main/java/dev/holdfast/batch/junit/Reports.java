package dev.holdfast.batch.junit;

import dev.holdfast.batch.watch.QueryFinding;
import dev.holdfast.batch.watch.QueryReport;
import java.util.Comparator;
import java.util.Map;

/** Writes out a report for a failure. */
final class Reports {
    private static final int LINES = 20;

    private Reports() {}

    static String describe(QueryReport report) {
        StringBuilder text =
                new StringBuilder(", but ").append(report.statements()).append(" ran:");
        report.queries().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(LINES)
                .forEach(query -> text.append("\n  ")
                        .append(query.getValue())
                        .append(" × ")
                        .append(query.getKey()));
        if (report.queries().size() > LINES) {
            text.append("\n  … and ").append(report.queries().size() - LINES).append(" other texts");
        }
        for (QueryFinding finding : report.findings()) {
            text.append('\n').append(finding);
        }
        return text.toString();
    }
}
