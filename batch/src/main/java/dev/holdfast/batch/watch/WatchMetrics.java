package dev.holdfast.batch.watch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Counts findings and statements per scope; tags take a bounded number of values. */
final class WatchMetrics implements MeterBinder {
    private static final int MAXIMUM_VALUES = 100;
    private static final String OTHER = "other";

    private final CopyOnWriteArrayList<MeterRegistry> registries = new CopyOnWriteArrayList<>();
    private final Set<String> queries = ConcurrentHashMap.newKeySet();
    private final Set<String> scopes = ConcurrentHashMap.newKeySet();

    @Override
    public void bindTo(MeterRegistry registry) {
        registries.addIfAbsent(registry);
    }

    void found(QueryFinding finding) {
        String query = bounded(queries, finding.queryId());
        for (MeterRegistry registry : registries) {
            Counter.builder("holdfast.query.findings")
                    .description("N+1, slow and unbounded queries that were found")
                    .tag("kind", finding.kind().tag())
                    .tag("query", query)
                    .register(registry)
                    .increment();
        }
    }

    void scopeClosed(QueryReport report) {
        String scope = bounded(scopes, report.scope());
        for (MeterRegistry registry : registries) {
            DistributionSummary.builder("holdfast.query.statements")
                    .description("Statements per scope")
                    .baseUnit("statements")
                    .tag("scope", scope)
                    .register(registry)
                    .record((double) report.statements());
        }
    }

    private static String bounded(Set<String> known, String value) {
        if (known.contains(value)) {
            return value;
        }
        return known.size() < MAXIMUM_VALUES && known.add(value) ? value : known.contains(value) ? value : OTHER;
    }
}
