package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.ObservedDataSource;
import dev.holdfast.core.jdbc.StatementKind;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds N+1, slow and unbounded queries while an application runs, with the line that ran them.
 *
 * <pre>{@code
 * QueryWatch watch = QueryWatch.builder(WatchMode.DEVELOPMENT).build();
 * DataSource db = watch.watch(dataSource);
 * try (QueryScope scope = watch.open("GET /orders")) {
 *     handle(request); // each finding is logged once, with its remedy
 * }
 * }</pre>
 *
 * <p>A query is an N+1 when one line of the application runs it at least {@link Builder#repeats} times within a scope, each time
 * with other parameters and with one key. Where these came out of the result of one earlier query it is certain. Retries (equal
 * parameters), batches (lists of keys), pages, chains (each parameter from the result before), and reading back what was just
 * inserted are none. Statements outside of any scope are compared per connection.
 *
 * <p>Thread-safe. Watching never fails a statement: what goes wrong here is counted by the data source and logged once. Memory is
 * bounded per scope; of parameters only those of open scopes are kept.
 */
public final class QueryWatch implements MeterBinder {
    private static final Logger LOG = LoggerFactory.getLogger(QueryWatch.class);
    private static final int MAXIMUM_LOGGED = 1_000;
    private static final ThreadLocal<Integer> PAUSES = ThreadLocal.withInitial(() -> 0);

    private final WatchMode mode;
    private final int repeats;
    private final long slowNanos;
    private final long maximumRows;
    private final CallSites callSites;
    private final Predicate<QueryFinding> ignored;
    private final List<Consumer<QueryFinding>> listeners;
    private final boolean logging;

    private final Fingerprints fingerprints = new Fingerprints();
    private final ConnectionLogs connections;
    private final CopyOnWriteArrayList<ScopeLog> recordings = new CopyOnWriteArrayList<>();
    private final ConcurrentHashMap<String, Boolean> logged = new ConcurrentHashMap<>();
    private final AtomicInteger sources = new AtomicInteger();
    private final WatchMetrics metrics = new WatchMetrics();

    private QueryWatch(Builder builder) {
        mode = builder.mode;
        repeats = builder.repeats;
        slowNanos = builder.slow.toNanos();
        maximumRows = builder.maximumRows;
        callSites = new CallSites(builder.application);
        ignored = builder.ignored;
        listeners = List.copyOf(builder.listeners);
        logging = builder.logging;
        connections = new ConnectionLogs(() -> newLog("connection"));
        LiveWatches.add(this);
    }

    /**
     * Starts the settings of a watch.
     *
     * @param mode how closely to look
     * @return the settings
     */
    public static Builder builder(WatchMode mode) {
        return new Builder(Objects.requireNonNull(mode, "mode"));
    }

    /** Settings of a {@link QueryWatch}, checked where they are set. Not thread-safe. */
    public static final class Builder {
        private final WatchMode mode;
        private int repeats = 5;
        private Duration slow = Duration.ofMillis(500);
        private long maximumRows = 10_000;
        private boolean logging = true;
        private Predicate<QueryFinding> ignored = finding -> false;
        private final List<String> application = new ArrayList<>();
        private final List<Consumer<QueryFinding>> listeners = new ArrayList<>();

        private Builder(WatchMode mode) {
            this.mode = mode;
        }

        /**
         * Sets how many executions from one line with different parameters make an N+1.
         *
         * @param repeats at least 2; 5 by default
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder repeats(int repeats) {
            if (repeats < 2) {
                throw new IllegalArgumentException(
                        "repeats " + repeats + " is less than 2: a query that runs once repeats nothing");
            }
            this.repeats = repeats;
            return this;
        }

        /**
         * Sets from which duration on a query is slow.
         *
         * @param slow longer than zero; 500 ms by default
         * @return this
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder slow(Duration slow) {
            if (slow.isZero() || slow.isNegative()) {
                throw new IllegalArgumentException(
                        "slow " + slow + " is not positive: give the shortest slow duration");
            }
            this.slow = slow;
            return this;
        }

        /**
         * Sets how many rows may be read from one query before it is unbounded.
         *
         * @param rows at least 1; 10,000 by default
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder maximumRows(long rows) {
            if (rows < 1) {
                throw new IllegalArgumentException(
                        "maximumRows " + rows + " is less than 1: give the most rows a query may read");
            }
            this.maximumRows = rows;
            return this;
        }

        /**
         * Names the application's packages; without them every frame counts that is not of the JDK, a driver or a known framework.
         *
         * @param prefixes beginnings of class names, such as {@code com.shop.}
         * @return this
         * @throws IllegalArgumentException if one is blank
         */
        public Builder application(String... prefixes) {
            for (String prefix : prefixes) {
                if (prefix.isBlank()) {
                    throw new IllegalArgumentException(
                            "a prefix of the application is blank: name a package such as com.shop.");
                }
                application.add(prefix);
            }
            return this;
        }

        /**
         * Silences findings, on top of those silenced before.
         *
         * @param unwanted true for what is as it should be; must not throw
         * @return this
         */
        public Builder ignore(Predicate<QueryFinding> unwanted) {
            this.ignored = ignored.or(unwanted);
            return this;
        }

        /**
         * Adds a listener of findings; it is told on the thread that ran the query, once per finding and scope.
         *
         * @param listener who is told
         * @return this
         */
        public Builder onFinding(Consumer<QueryFinding> listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Sets whether each query and line that is found is logged, once, as a warning.
         *
         * @param on true by default
         * @return this
         */
        public Builder logging(boolean on) {
            this.logging = on;
            return this;
        }

        /**
         * Makes the watch.
         *
         * @return a watch that watches nothing yet
         */
        public QueryWatch build() {
            return new QueryWatch(this);
        }
    }

    /**
     * Watches a data source.
     *
     * <p>Put it around the pool: a connection is then one borrow, which is what statements outside of scopes are compared by.
     *
     * @param dataSource what to watch
     * @return the data source to use instead
     */
    public ObservedDataSource watch(DataSource dataSource) {
        return ObservedDataSource.of(dataSource, listener());
    }

    /**
     * A listener for a data source that is observed anyway.
     *
     * @return a listener for one data source; each needs its own, since the shards of a database are not compared with each other
     */
    public WatchListener listener() {
        return new WatchListener(this, nextSource());
    }

    /**
     * Opens a scope on this thread.
     *
     * @param name what the scope is, such as the route of a request; few different ones, since it is a tag of metrics
     * @return the scope, to be closed on this thread
     * @throws IllegalArgumentException if the name is blank
     */
    public QueryScope open(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException(
                    "the name of a query scope is blank: name it after the request, such as GET /orders");
        }
        return QueryScope.open(this, newLog(name));
    }

    /**
     * Runs a task and reports every statement that ran meanwhile on any data source that any live watch watches, from whatever
     * thread.
     *
     * @param name the report's name
     * @param task the task
     * @return what ran
     * @throws IllegalStateException if there is no live watch
     * @throws Exception what the task throws
     */
    public static QueryReport record(String name, Callable<?> task) throws Exception {
        try (QueryRecording recording = QueryRecording.start(name)) {
            task.call();
            return recording.report();
        }
    }

    /**
     * Runs a task whose statements are as they should be: on this thread nothing is compared or reported meanwhile.
     *
     * @param task the task
     * @param <T> its result
     * @return its result
     * @throws Exception what the task throws
     */
    public static <T extends @Nullable Object> T paused(Callable<T> task) throws Exception {
        PAUSES.set(PAUSES.get() + 1);
        try {
            return task.call();
        } finally {
            int left = PAUSES.get() - 1;
            if (left == 0) {
                PAUSES.remove();
            } else {
                PAUSES.set(left);
            }
        }
    }

    static boolean isPaused() {
        return PAUSES.get() > 0;
    }

    /**
     * Registers {@code holdfast.query.findings} (by kind and by the id of the query, the first 100 ids, then {@code other}) and
     * {@code holdfast.query.statements} (statements per scope by its name).
     *
     * @param registry where to
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        metrics.bindTo(registry);
    }

    int nextSource() {
        return sources.incrementAndGet();
    }

    WatchMode mode() {
        return mode;
    }

    Fingerprints fingerprints() {
        return fingerprints;
    }

    ScopeLog newLog(String name) {
        return new ScopeLog(name, mode, repeats);
    }

    void recordInto(ScopeLog log) {
        recordings.add(log);
    }

    void stopRecording(ScopeLog log) {
        recordings.remove(log);
    }

    void closed(ScopeLog log) {
        metrics.scopeClosed(log.report());
    }

    /** The logs that a statement of this thread belongs to. */
    List<ScopeLog> logs(long connection, long now) {
        List<ScopeLog> logs = new ArrayList<>(2);
        for (QueryScope scope = QueryScope.current(); scope != null; scope = scope.outer()) {
            if (scope.belongsTo(this)) {
                logs.add(scope.log());
            }
        }
        if (logs.isEmpty()) {
            logs.add(connections.of(connection, now));
        }
        logs.addAll(recordings);
        return logs;
    }

    /** A statement ended. */
    void ended(
            int source,
            Object token,
            String sql,
            StatementKind kind,
            boolean batch,
            List<List<@Nullable Object>> binds,
            long nanos,
            boolean failed,
            List<ScopeLog> logs,
            long now) {
        Fingerprint fingerprint = fingerprints.of(sql);
        List<String> callSite = kind == StatementKind.SELECT && !batch && wantsCallSite(logs, fingerprint, binds)
                ? callSites.capture()
                : null;
        Execution execution = new Execution(source, token, fingerprint, kind, binds, nanos, failed, callSite);
        boolean told = false;
        for (ScopeLog log : logs) {
            QueryFinding finding = log.add(execution, now);
            if (finding != null && !told) {
                told = true; // The innermost log speaks for those around it.
                found(finding);
            }
        }
        if (nanos > slowNanos && !failed) {
            found(logs, QueryFinding.Kind.SLOW, fingerprint, -1, nanos, Remedies.forSlow(slowNanos / 1_000_000));
        }
    }

    private static boolean wantsCallSite(
            List<ScopeLog> logs, Fingerprint fingerprint, List<List<@Nullable Object>> binds) {
        boolean wanted = false;
        for (ScopeLog log : logs) {
            wanted |= log.wantsCallSite(fingerprint, binds);
        }
        return wanted;
    }

    /** The result of a query was read. */
    void read(String sql, long rows, long nanos, List<ScopeLog> logs) {
        for (ScopeLog log : logs) {
            log.rows(rows);
        }
        if (rows > maximumRows) {
            Fingerprint fingerprint = fingerprints.of(sql);
            found(logs, QueryFinding.Kind.UNBOUNDED, fingerprint, rows, nanos, Remedies.forUnbounded(maximumRows));
        }
    }

    private void found(
            List<ScopeLog> logs,
            QueryFinding.Kind kind,
            Fingerprint fingerprint,
            long rows,
            long nanos,
            String remedy) {
        QueryFinding finding = new QueryFinding(
                kind,
                Certainty.CERTAIN,
                logs.get(0).name(),
                fingerprint.text(),
                fingerprint.id(),
                mode == WatchMode.COUNTING ? List.of() : callSites.capture(),
                1,
                rows,
                Duration.ofNanos(nanos),
                null,
                remedy);
        if (!ignored.test(finding)) {
            logs.forEach(log -> log.add(finding));
            found(finding);
        }
    }

    private void found(QueryFinding finding) {
        if (ignored.test(finding)) {
            return;
        }
        metrics.found(finding);
        if (logging && isNew(finding)) {
            LOG.warn("{}", finding);
        }
        for (Consumer<QueryFinding> listener : listeners) {
            listener.accept(finding);
        }
    }

    private boolean isNew(QueryFinding finding) {
        String name = finding.kind().tag() + finding.certainty() + finding.queryId() + finding.callSite();
        return logged.size() < MAXIMUM_LOGGED && logged.putIfAbsent(name, true) == null;
    }

    /** The findings of a report that are not silenced. */
    QueryReport withoutIgnored(QueryReport report) {
        return new QueryReport(
                report.scope(),
                report.statements(),
                report.byKind(),
                report.failures(),
                report.rows(),
                report.total(),
                report.queries(),
                report.findings().stream().filter(ignored.negate()).toList());
    }
}
