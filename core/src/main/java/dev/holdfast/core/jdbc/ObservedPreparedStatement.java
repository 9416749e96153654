package dev.holdfast.core.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/** A prepared statement whose executions are observed, with their parameters where somebody asks for them. */
@NullUnmarked
class ObservedPreparedStatement extends ForwardingPreparedStatement {
    private final PreparedStatement delegate;
    private final String sql;
    private final boolean keepsBinds;

    private List<Object> row;
    private List<List<Object>> batch;

    ObservedPreparedStatement(
            PreparedStatement delegate, ObservedConnection connection, Observation observation, String sql) {
        super(delegate, connection, observation);
        this.delegate = delegate;
        this.sql = sql;
        this.keepsBinds = observation.binds();
    }

    @Override
    final boolean keepsBinds() {
        return keepsBinds;
    }

    @Override
    final void bound(int index, Object value) {
        if (row == null) {
            row = new ArrayList<>();
        }
        while (row.size() < index) {
            row.add(null);
        }
        row.set(index - 1, value);
    }

    private List<Object> copyOfRow() {
        return row == null ? List.of() : Collections.unmodifiableList(new ArrayList<>(row));
    }

    private StatementEvent start() {
        return start(sql, 0, keepsBinds ? List.of(copyOfRow()) : List.of());
    }

    @Override
    public final ResultSet executeQuery() throws SQLException {
        return query(start(), delegate::executeQuery);
    }

    @Override
    public final int executeUpdate() throws SQLException {
        return update(start(), delegate::executeUpdate);
    }

    @Override
    public final long executeLargeUpdate() throws SQLException {
        return update(start(), delegate::executeLargeUpdate);
    }

    @Override
    public final boolean execute() throws SQLException {
        return any(start(), delegate::execute);
    }

    @Override
    public final void addBatch() throws SQLException {
        delegate.addBatch();
        addedToBatch();
        if (keepsBinds) {
            if (batch == null) {
                batch = new ArrayList<>();
            }
            if (batch.size() < Observation.MAXIMUM_BATCH_BINDS) {
                batch.add(copyOfRow());
            }
        }
    }

    @Override
    public final void clearParameters() throws SQLException {
        delegate.clearParameters();
        row = null;
    }

    @Override
    public final void clearBatch() throws SQLException {
        super.clearBatch();
        batch = null;
    }

    @Override
    final String batchSql() {
        return sql;
    }

    @Override
    final List<List<Object>> takeBinds() {
        List<List<Object>> binds = batch == null ? List.of() : Collections.unmodifiableList(batch);
        batch = null;
        return binds;
    }
}
