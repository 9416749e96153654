package dev.holdfast.core.jdbc;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Ticker;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKeyBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;

/**
 * A data source that tells {@link StatementListener}s of every statement that its connections run.
 *
 * <p>A thin wrapper: an execution costs two readings of the clock and one small object, a borrow one object; parameters, rows
 * and values cost something only when a listener asks for them. It changes nothing of what the driver does, and every wrapper
 * unwraps to what it wraps. Put it around a pool, or beneath one ({@code HikariConfig.setDataSource}), where a connection is
 * wrapped once in its life and a borrow costs nothing.
 *
 * <pre>{@code
 * DataSource observed = ObservedDataSource.of(dataSource, event -> log.info("{} took {} ns", event, event.durationNanos()));
 * }</pre>
 *
 * <p>Thread-safe. Not seen: what runs behind an unwrapped connection, such as PostgreSQL's COPY API, and what runs on the
 * statement that a result names while no listener asks for rows, since results are not wrapped then.
 */
@NullUnmarked // as JDBC's own interfaces
public final class ObservedDataSource implements DataSource, AutoCloseable {
    private final DataSource delegate;
    private final Observation observation;

    private ObservedDataSource(Builder builder) {
        delegate = builder.delegate;
        observation = new Observation(builder.listeners, builder.ticker);
    }

    /**
     * Wraps a data source for listeners.
     *
     * @param dataSource what to wrap; closed with this one if it is {@link AutoCloseable}
     * @param listeners who is told, in this order
     * @return the observed data source
     */
    public static ObservedDataSource of(DataSource dataSource, StatementListener... listeners) {
        Builder builder = builder(dataSource);
        for (StatementListener listener : listeners) {
            builder.listener(listener);
        }
        return builder.build();
    }

    /**
     * Starts the settings of an observed data source.
     *
     * @param dataSource what to wrap; closed with this one if it is {@link AutoCloseable}
     * @return the settings
     */
    public static Builder builder(DataSource dataSource) {
        return new Builder(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /** Settings of an {@link ObservedDataSource}. Not thread-safe. */
    public static final class Builder {
        private final DataSource delegate;
        private final List<StatementListener> listeners = new ArrayList<>();
        private Ticker ticker = Ticker.system();

        private Builder(DataSource delegate) {
            this.delegate = delegate;
        }

        /**
         * Adds a listener.
         *
         * @param listener who is told, after those that were added before
         * @return this
         */
        public Builder listener(StatementListener listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Sets the clock that durations are measured with.
         *
         * @param ticker the clock, by default the machine's
         * @return this
         */
        public Builder ticker(Ticker ticker) {
            this.ticker = Objects.requireNonNull(ticker, "ticker");
            return this;
        }

        /**
         * Makes the data source.
         *
         * @return the observed data source
         */
        public ObservedDataSource build() {
            return new ObservedDataSource(this);
        }
    }

    /**
     * How often a listener threw since this data source was made.
     *
     * @return a count that only grows
     */
    public long listenerFailures() {
        return observation.listenerFailures();
    }

    @Override
    public Connection getConnection() throws SQLException {
        return new ObservedConnection(delegate.getConnection(), observation);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return new ObservedConnection(delegate.getConnection(user, password), observation);
    }

    @Override
    public ConnectionBuilder createConnectionBuilder() throws SQLException {
        throw new SQLFeatureNotSupportedException(
                "an observed data source has no connection builder: use getConnection()");
    }

    @Override
    public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
        return delegate.createShardingKeyBuilder();
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return delegate.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        delegate.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        delegate.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return delegate.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return delegate.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this)
                ? type.cast(this)
                : type.isInstance(delegate) ? type.cast(delegate) : delegate.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || type.isInstance(delegate) || delegate.isWrapperFor(type);
    }

    /**
     * Closes the wrapped data source, if it can be closed.
     *
     * @throws HoldfastException if that fails with a checked exception
     */
    @Override
    public void close() {
        if (!(delegate instanceof AutoCloseable closeable)) {
            return;
        }
        try {
            closeable.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException("interrupted while the observed data source was closed", e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new HoldfastException("the observed data source could not be closed: " + e.getMessage(), e);
        }
    }
}
