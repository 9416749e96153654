package dev.holdfast.core.jdbc;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** A result whose rows are counted and, where somebody asks, whose values are shown. */
@NullUnmarked
final class ObservedResultSet extends ForwardingResultSet {
    private final ResultSet delegate;
    private final ObservedStatement statement;
    private final Observation observation;
    private final StatementEvent event;
    private final boolean counting;

    ObservedResultSet(
            ResultSet delegate,
            ObservedStatement statement,
            Observation observation,
            StatementEvent event,
            boolean counting) {
        super(delegate);
        this.delegate = delegate;
        this.statement = statement;
        this.observation = observation;
        this.event = event;
        this.counting = counting;
    }

    private <T> T seen(T value) {
        if (value != null && observation.values()) {
            observation.value(event, value);
        }
        return value;
    }

    private void closed() {
        if (counting) {
            observation.resultClosed(event);
        }
    }

    @Override
    public Statement getStatement() {
        return statement;
    }

    @Override
    public boolean next() throws SQLException {
        boolean row = delegate.next();
        if (row && counting) {
            event.rowRead();
        } else if (!row) {
            closed();
        }
        return row;
    }

    @Override
    public void close() throws SQLException {
        closed();
        delegate.close();
    }

    @Override
    public int getInt(int index) throws SQLException {
        return seen(delegate.getInt(index));
    }

    @Override
    public int getInt(String name) throws SQLException {
        return seen(delegate.getInt(name));
    }

    @Override
    public long getLong(int index) throws SQLException {
        return seen(delegate.getLong(index));
    }

    @Override
    public long getLong(String name) throws SQLException {
        return seen(delegate.getLong(name));
    }

    @Override
    public BigDecimal getBigDecimal(int index) throws SQLException {
        return seen(delegate.getBigDecimal(index));
    }

    @Override
    public BigDecimal getBigDecimal(String name) throws SQLException {
        return seen(delegate.getBigDecimal(name));
    }

    @Override
    public String getString(int index) throws SQLException {
        return seen(delegate.getString(index));
    }

    @Override
    public String getString(String name) throws SQLException {
        return seen(delegate.getString(name));
    }

    @Override
    public Object getObject(int index) throws SQLException {
        return seen(delegate.getObject(index));
    }

    @Override
    public Object getObject(String name) throws SQLException {
        return seen(delegate.getObject(name));
    }

    @Override
    public Object getObject(int index, Map<String, Class<?>> types) throws SQLException {
        return seen(delegate.getObject(index, types));
    }

    @Override
    public Object getObject(String name, Map<String, Class<?>> types) throws SQLException {
        return seen(delegate.getObject(name, types));
    }

    @Override
    public <T> T getObject(int index, Class<T> type) throws SQLException {
        return seen(delegate.getObject(index, type));
    }

    @Override
    public <T> T getObject(String name, Class<T> type) throws SQLException {
        return seen(delegate.getObject(name, type));
    }
}
