package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.StatementKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What ran in a {@link QueryScope} or while a recording was on.
 *
 * <p>Immutable.
 *
 * @param scope its name
 * @param statements executions; a batch counts as one, since it is one round trip or few
 * @param byKind the executions by kind, without the kinds that did not occur
 * @param failures executions that failed
 * @param rows rows read from queries as far as they are counted
 * @param total time that the executions took together
 * @param queries the texts that ran, literals replaced, with their executions; the first {@value ScopeLog#MAXIMUM_QUERIES}
 * @param findings what is wrong, in the order of discovery
 */
public record QueryReport(
        String scope,
        long statements,
        Map<StatementKind, Long> byKind,
        long failures,
        long rows,
        Duration total,
        Map<String, Long> queries,
        List<QueryFinding> findings) {

    /** Copies its collections. */
    public QueryReport {
        byKind = Map.copyOf(byKind);
        queries = Map.copyOf(queries);
        findings = List.copyOf(findings);
    }

    /**
     * The findings of one kind.
     *
     * @param kind the kind
     * @return in the order of discovery
     */
    public List<QueryFinding> findings(QueryFinding.Kind kind) {
        return findings.stream().filter(finding -> finding.kind() == kind).toList();
    }
}
