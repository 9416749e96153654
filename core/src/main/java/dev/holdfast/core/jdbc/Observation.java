package dev.holdfast.core.jdbc;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.jdbc.StatementListener.Detail;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who listens to a data source, and what they need; shared by all its connections. */
final class Observation {
    /** Rows of a batch whose parameters are kept; a batch may have a hundred thousand. */
    static final int MAXIMUM_BATCH_BINDS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(ObservedDataSource.class);
    private static final AtomicLong CONNECTIONS = new AtomicLong();

    private final StatementListener[] listeners;
    private final Ticker ticker;
    private final boolean binds;
    private final boolean rows;
    private final boolean values;
    private final AtomicLong listenerFailures = new AtomicLong();

    Observation(List<StatementListener> listeners, Ticker ticker) {
        this.listeners = listeners.toArray(new StatementListener[0]);
        this.ticker = ticker;
        this.binds = wanted(listeners, Detail.BINDS);
        this.values = wanted(listeners, Detail.VALUES);
        this.rows = values || wanted(listeners, Detail.ROWS);
    }

    private static boolean wanted(List<StatementListener> listeners, Detail detail) {
        return listeners.stream().anyMatch(listener -> listener.details().contains(detail));
    }

    boolean binds() {
        return binds;
    }

    boolean rows() {
        return rows;
    }

    boolean values() {
        return values;
    }

    long listenerFailures() {
        return listenerFailures.get();
    }

    static long nextConnection() {
        return CONNECTIONS.incrementAndGet();
    }

    StatementEvent start(
            String sql, int batchSize, List<List<@Nullable Object>> binds, long connectionId, Statement statement) {
        StatementEvent event = new StatementEvent(sql, batchSize, binds, connectionId, statement, ticker.read());
        for (StatementListener listener : listeners) {
            try {
                listener.onStart(event);
            } catch (RuntimeException e) {
                failed(listener, e);
            }
        }
        return event;
    }

    void end(StatementEvent event, long touched, @Nullable Throwable failure) {
        event.ended(ticker.read() - event.startedAtNanos(), touched, failure);
        for (StatementListener listener : listeners) {
            try {
                listener.onEnd(event);
            } catch (RuntimeException e) {
                failed(listener, e);
            }
        }
    }

    void value(StatementEvent event, Object value) {
        tell((listener, of) -> listener.onValue(of, value), event);
    }

    void resultClosed(StatementEvent event) {
        if (rows && event.closeResult()) {
            tell(StatementListener::onResultClosed, event);
        }
    }

    private void tell(BiConsumer<StatementListener, StatementEvent> what, StatementEvent event) {
        for (StatementListener listener : listeners) {
            try {
                what.accept(listener, event);
            } catch (RuntimeException e) {
                failed(listener, e);
            }
        }
    }

    private void failed(StatementListener listener, RuntimeException failure) {
        if (listenerFailures.getAndIncrement() == 0) {
            LOG.warn(
                    "Statement listener {} failed; statements are not disturbed, further failures are only counted",
                    listener.getClass().getName(),
                    failure);
        }
    }
}
