package dev.holdfast.batch.watch;

import dev.holdfast.batch.watch.Repetition.Verdict;
import dev.holdfast.core.jdbc.StatementKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What ran within one scope, from all its threads.
 *
 * <p>Everything is guarded by {@code lock}, which is never held while user code runs. Bounded: texts, call sites, executions and
 * values beyond their limits are counted but not compared.
 */
final class ScopeLog {
    static final int MAXIMUM_QUERIES = 1_000;
    private static final int MAXIMUM_TOKENS = 20_000;
    private static final int MAXIMUM_FINDINGS = 1_000;
    /** Call sites read of one text in a scope, in thresholds: an N+1 that shares its text with other sites is still found. */
    private static final int SAMPLES = 4;

    private final String name;
    private final WatchMode mode;
    private final int threshold;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<StatementKind, Long> byKind = new EnumMap<>(StatementKind.class);
    private final Map<String, Long> queries = new LinkedHashMap<>();
    private final Map<Repetition.Key, Repetition> repetitions = new LinkedHashMap<>();
    private final Map<Object, Repetition> members = new HashMap<>();
    private final Map<Object, String> texts = new HashMap<>();
    private final Map<String, Sampled> sampled = new HashMap<>();
    private final Origins origins = new Origins();
    private final List<QueryFinding> single = new ArrayList<>();
    private long statements;
    private long failures;
    private long rows;
    private long nanos;
    private long lastUsedAt;

    /** Executions of a text with other parameters than the one before. */
    private static final class Sampled {
        private int executions;
        private @Nullable List<Object> lastBinds;
    }

    ScopeLog(String name, WatchMode mode, int threshold) {
        this.name = name;
        this.mode = mode;
        this.threshold = threshold;
    }

    String name() {
        return name;
    }

    /**
     * Whether the call site of a query is wanted, asked before it is read from the stack, which costs.
     *
     * @return true always in development; otherwise from its second execution with other parameters on, for a bounded number
     */
    boolean wantsCallSite(Fingerprint fingerprint, List<List<@Nullable Object>> binds) {
        if (mode != WatchMode.SAMPLED) {
            return mode == WatchMode.DEVELOPMENT;
        }
        if (binds.isEmpty() || binds.get(0).isEmpty() || fingerprint.list() || fingerprint.paging()) {
            return false;
        }
        lock.lock();
        try {
            Sampled seen = sampled.size() < MAXIMUM_QUERIES
                    ? sampled.computeIfAbsent(fingerprint.text(), text -> new Sampled())
                    : sampled.getOrDefault(fingerprint.text(), new Sampled());
            if (!binds.get(0).equals(seen.lastBinds)) {
                seen.lastBinds = List.copyOf(nonNull(binds.get(0)));
                seen.executions++;
            }
            return seen.executions >= 2 && seen.executions <= SAMPLES * threshold;
        } finally {
            lock.unlock();
        }
    }

    private static List<Object> nonNull(List<@Nullable Object> row) {
        List<Object> values = new ArrayList<>(row.size());
        for (Object value : row) {
            values.add(value == null ? "null" : value);
        }
        return values;
    }

    /**
     * Enters an execution.
     *
     * @return what it revealed, null if nothing new
     */
    @Nullable
    QueryFinding add(Execution execution, long now) {
        lock.lock();
        try {
            lastUsedAt = now;
            statements++;
            nanos += execution.nanos();
            byKind.merge(execution.kind(), 1L, Long::sum);
            if (execution.failed()) {
                failures++;
            }
            String text = execution.fingerprint().text();
            if (queries.size() < MAXIMUM_QUERIES || queries.containsKey(text)) {
                queries.merge(text, 1L, Long::sum);
            }
            return execution.failed() ? null : compare(execution);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable QueryFinding compare(Execution execution) {
        if (execution.kind() == StatementKind.INSERT) {
            for (List<@Nullable Object> row : execution.binds()) {
                for (Object bind : row) {
                    if (bind != null) {
                        origins.written(bind);
                    }
                }
            }
        }
        List<String> site = execution.callSite();
        Fingerprint fingerprint = execution.fingerprint();
        if (execution.kind() != StatementKind.SELECT || site == null) {
            return null;
        }
        if (members.size() < MAXIMUM_TOKENS) {
            texts.put(execution.token(), fingerprint.text());
        }
        if (fingerprint.list()) {
            return null;
        }
        Repetition.Key key = new Repetition.Key(execution.source(), fingerprint.text(), site);
        Repetition repetition = repetitions.get(key);
        if (repetition == null) {
            if (repetitions.size() >= MAXIMUM_QUERIES) {
                return null;
            }
            repetition = new Repetition(fingerprint, site, threshold);
            repetitions.put(key, repetition);
        }
        if (members.size() < MAXIMUM_TOKENS) {
            members.put(execution.token(), repetition);
        }
        return repetition.add(execution, origins, members) ? finding(repetition) : null;
    }

    /** A value was read from the result of an execution. */
    void read(Object token, StatementKind kind, Object value) {
        lock.lock();
        try {
            if (kind == StatementKind.SELECT) {
                origins.read(token, value);
            } else {
                origins.written(value);
            }
        } finally {
            lock.unlock();
        }
    }

    void rows(long read) {
        lock.lock();
        try {
            rows += read;
        } finally {
            lock.unlock();
        }
    }

    /** Adds a slow or unbounded query. */
    void add(QueryFinding finding) {
        lock.lock();
        try {
            if (single.size() < MAXIMUM_FINDINGS) {
                single.add(finding);
            }
        } finally {
            lock.unlock();
        }
    }

    void usedAt(long now) {
        lock.lock();
        try {
            lastUsedAt = now;
        } finally {
            lock.unlock();
        }
    }

    boolean isIdle(long now, long limitNanos) {
        lock.lock();
        try {
            return now - lastUsedAt > limitNanos;
        } finally {
            lock.unlock();
        }
    }

    QueryReport report() {
        lock.lock();
        try {
            List<QueryFinding> findings = new ArrayList<>(repeated());
            findings.addAll(single);
            return new QueryReport(
                    name, statements, byKind, failures, rows, Duration.ofNanos(nanos), queries, findings);
        } finally {
            lock.unlock();
        }
    }

    private List<QueryFinding> repeated() {
        return repetitions.values().stream()
                .filter(repetition -> repetition.verdict() != Verdict.NONE)
                .map(this::finding)
                .toList();
    }

    private QueryFinding finding(Repetition repetition) {
        Fingerprint fingerprint = repetition.fingerprint();
        Object parent = repetition.parent();
        return new QueryFinding(
                QueryFinding.Kind.N_PLUS_ONE,
                repetition.verdict() == Verdict.CERTAIN ? Certainty.CERTAIN : Certainty.SUSPECTED,
                name,
                fingerprint.text(),
                fingerprint.id(),
                repetition.callSite(),
                mode == WatchMode.SAMPLED
                        ? queries.getOrDefault(fingerprint.text(), repetition.executions())
                        : repetition.executions(),
                -1,
                Duration.ofNanos(repetition.nanos()),
                parent == null ? null : texts.get(parent),
                Remedies.forRepetition(fingerprint.text()));
    }
}
