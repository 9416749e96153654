package dev.holdfast.core.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a statement, or of a batch of it.
 *
 * <p>Made when the execution begins and filled as it goes on. What is known at the start is immutable; the rest is written by
 * the thread that runs the statement and may be read by any other, which sees it late at worst. Listeners may keep an event; it
 * holds the SQL text and, where {@linkplain StatementListener.Detail#BINDS asked for}, the parameters, but no JDBC object once
 * the execution ended.
 */
public final class StatementEvent {
    /** Stands in {@link #binds()} for a parameter that cannot be looked at without consuming it: a stream or a LOB. */
    public static final Object UNREAD = new Object() {
        @Override
        public String toString() {
            return "(unread)";
        }
    };

    private static final long RUNNING = -1;

    private final String sql;
    private final int batchSize;
    private final List<List<@Nullable Object>> binds;
    private final long connectionId;
    private final @Nullable String operation;
    private final Thread thread;
    private final long startedAt;
    private volatile @Nullable Statement statement;
    private volatile long nanos = RUNNING;
    private volatile @Nullable Throwable failure;
    private volatile long rows = -1;
    private @Nullable StatementKind kind;
    private boolean resultClosed;

    StatementEvent(
            String sql,
            int batchSize,
            List<List<@Nullable Object>> binds,
            long connectionId,
            Statement statement,
            long startedAt) {
        this.sql = sql;
        this.batchSize = batchSize;
        this.binds = binds;
        this.connectionId = connectionId;
        this.operation = Operation.current();
        this.thread = Thread.currentThread();
        this.statement = statement;
        this.startedAt = startedAt;
    }

    /**
     * The text that was sent.
     *
     * @return with placeholders for a prepared statement; of a batch of different texts the first
     */
    public String sql() {
        return sql;
    }

    /**
     * What the statement does.
     *
     * @return found from the text, once
     */
    public StatementKind kind() {
        StatementKind known = kind;
        if (known == null) {
            known = StatementKind.of(sql);
            kind = known;
        }
        return known;
    }

    /**
     * How many statements were sent together.
     *
     * @return 0 for an execution that is no batch
     */
    public int batchSize() {
        return batchSize;
    }

    /**
     * The parameters, one list per row of a batch, for the first {@value Observation#MAXIMUM_BATCH_BINDS} rows.
     *
     * <p>Values are the application's own objects, not copies. They may be secret: no log or message shows them by default.
     *
     * @return empty where no listener asked for {@link StatementListener.Detail#BINDS} and for plain statements
     */
    public List<List<@Nullable Object>> binds() {
        return binds;
    }

    /**
     * Which connection ran it.
     *
     * @return a number that no other connection of the JVM has
     */
    public long connectionId() {
        return connectionId;
    }

    /**
     * The operation on whose behalf the statement ran.
     *
     * @return the innermost {@link Operation} of the thread, null outside of any
     */
    public @Nullable String operation() {
        return operation;
    }

    /**
     * Who ran it.
     *
     * @return the thread
     */
    public Thread thread() {
        return thread;
    }

    /**
     * When it was sent.
     *
     * @return nanoseconds of the data source's {@link dev.holdfast.core.Ticker}
     */
    public long startedAtNanos() {
        return startedAt;
    }

    /**
     * Whether it still runs.
     *
     * @return true until it was answered or failed
     */
    public boolean isRunning() {
        return nanos == RUNNING;
    }

    /**
     * How long the server and the driver took to answer; reading the result is not counted.
     *
     * @return nanoseconds, 0 while it {@linkplain #isRunning() runs}
     */
    public long durationNanos() {
        return Math.max(0, nanos);
    }

    /**
     * Why it failed.
     *
     * @return the exception that the caller got, null while it runs and after a success
     */
    public @Nullable Throwable failure() {
        return failure;
    }

    /**
     * How many rows it touched: written by an update or a batch as far as the driver tells, read so far from a query.
     *
     * @return −1 while it is not known; for queries it is known only where a listener asks for
     *     {@link StatementListener.Detail#ROWS}
     */
    public long rows() {
        return rows;
    }

    /**
     * Asks the server to stop it, as {@link Statement#cancel()} does; does nothing once it ended.
     *
     * @throws SQLException if the driver cannot
     */
    public void cancel() throws SQLException {
        Statement running = statement;
        if (running != null) {
            running.cancel();
        }
    }

    void ended(long durationNanos, long touched, @Nullable Throwable why) {
        statement = null;
        failure = why;
        if (touched >= 0) {
            rows = touched;
        }
        nanos = Math.max(0, durationNanos);
    }

    /** Begins to count rows. */
    void readsRows() {
        rows = 0;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread reads a result
    void rowRead() {
        rows++;
    }

    /** True for the first caller. */
    boolean closeResult() {
        boolean first = !resultClosed;
        resultClosed = true;
        return first;
    }

    /** Without parameters, which may be secret. */
    @Override
    public String toString() {
        return kind().tag() + (batchSize > 0 ? " (batch of " + batchSize + ")" : "") + ": " + sql;
    }
}
