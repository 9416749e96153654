package dev.holdfast.core.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import org.jspecify.annotations.NullUnmarked;

/** Passes every call of a {@link PreparedStatement} on; what is observed is overridden. */
@NullUnmarked
abstract class ForwardingPreparedStatement extends ObservedStatement implements PreparedStatement {
    private final PreparedStatement delegate;

    ForwardingPreparedStatement(PreparedStatement delegate, ObservedConnection connection, Observation observation) {
        super(delegate, connection, observation);
        this.delegate = delegate;
    }

    /** Told of each parameter that was set, when {@link #keepsBinds()}. */
    abstract void bound(int index, Object value);

    /** Whether anyone asked for parameters; spares their boxing otherwise. */
    abstract boolean keepsBinds();

    @Override
    public void addBatch() throws SQLException {
        delegate.addBatch();
    }

    @Override
    public void clearParameters() throws SQLException {
        delegate.clearParameters();
    }

    @Override
    public boolean execute() throws SQLException {
        return delegate.execute();
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        return delegate.executeLargeUpdate();
    }

    @Override
    public ResultSet executeQuery() throws SQLException {
        return delegate.executeQuery();
    }

    @Override
    public int executeUpdate() throws SQLException {
        return delegate.executeUpdate();
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        return delegate.getMetaData();
    }

    @Override
    public ParameterMetaData getParameterMetaData() throws SQLException {
        return delegate.getParameterMetaData();
    }

    @Override
    public void setArray(int index, Array value) throws SQLException {
        delegate.setArray(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setAsciiStream(int index, InputStream value) throws SQLException {
        delegate.setAsciiStream(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setAsciiStream(int index, InputStream value, int length) throws SQLException {
        delegate.setAsciiStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setAsciiStream(int index, InputStream value, long length) throws SQLException {
        delegate.setAsciiStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBigDecimal(int index, BigDecimal value) throws SQLException {
        delegate.setBigDecimal(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setBinaryStream(int index, InputStream value) throws SQLException {
        delegate.setBinaryStream(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBinaryStream(int index, InputStream value, int length) throws SQLException {
        delegate.setBinaryStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBinaryStream(int index, InputStream value, long length) throws SQLException {
        delegate.setBinaryStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBlob(int index, InputStream value) throws SQLException {
        delegate.setBlob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBlob(int index, Blob value) throws SQLException {
        delegate.setBlob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBlob(int index, InputStream value, long length) throws SQLException {
        delegate.setBlob(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setBoolean(int index, boolean value) throws SQLException {
        delegate.setBoolean(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setByte(int index, byte value) throws SQLException {
        delegate.setByte(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setBytes(int index, byte[] value) throws SQLException {
        delegate.setBytes(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setCharacterStream(int index, Reader value) throws SQLException {
        delegate.setCharacterStream(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setCharacterStream(int index, Reader value, int length) throws SQLException {
        delegate.setCharacterStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setCharacterStream(int index, Reader value, long length) throws SQLException {
        delegate.setCharacterStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setClob(int index, Reader value) throws SQLException {
        delegate.setClob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setClob(int index, Clob value) throws SQLException {
        delegate.setClob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setClob(int index, Reader value, long length) throws SQLException {
        delegate.setClob(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setDate(int index, Date value) throws SQLException {
        delegate.setDate(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setDate(int index, Date value, Calendar calendar) throws SQLException {
        delegate.setDate(index, value, calendar);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setDouble(int index, double value) throws SQLException {
        delegate.setDouble(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setFloat(int index, float value) throws SQLException {
        delegate.setFloat(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setInt(int index, int value) throws SQLException {
        delegate.setInt(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setLong(int index, long value) throws SQLException {
        delegate.setLong(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setNCharacterStream(int index, Reader value) throws SQLException {
        delegate.setNCharacterStream(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setNCharacterStream(int index, Reader value, long length) throws SQLException {
        delegate.setNCharacterStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setNClob(int index, Reader value) throws SQLException {
        delegate.setNClob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setNClob(int index, NClob value) throws SQLException {
        delegate.setNClob(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setNClob(int index, Reader value, long length) throws SQLException {
        delegate.setNClob(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setNString(int index, String value) throws SQLException {
        delegate.setNString(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setNull(int index, int sqlTypeCode) throws SQLException {
        delegate.setNull(index, sqlTypeCode);
        if (keepsBinds()) {
            bound(index, null);
        }
    }

    @Override
    public void setNull(int index, int sqlTypeCode, String typeName) throws SQLException {
        delegate.setNull(index, sqlTypeCode, typeName);
        if (keepsBinds()) {
            bound(index, null);
        }
    }

    @Override
    public void setObject(int index, Object value) throws SQLException {
        delegate.setObject(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setObject(int index, Object value, int sqlTypeCode) throws SQLException {
        delegate.setObject(index, value, sqlTypeCode);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setObject(int index, Object value, SQLType sqlType) throws SQLException {
        delegate.setObject(index, value, sqlType);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setObject(int index, Object value, int sqlTypeCode, int scale) throws SQLException {
        delegate.setObject(index, value, sqlTypeCode, scale);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setObject(int index, Object value, SQLType sqlType, int scale) throws SQLException {
        delegate.setObject(index, value, sqlType, scale);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setRef(int index, Ref value) throws SQLException {
        delegate.setRef(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setRowId(int index, RowId value) throws SQLException {
        delegate.setRowId(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setSQLXML(int index, SQLXML value) throws SQLException {
        delegate.setSQLXML(index, value);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }

    @Override
    public void setShort(int index, short value) throws SQLException {
        delegate.setShort(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setString(int index, String value) throws SQLException {
        delegate.setString(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setTime(int index, Time value) throws SQLException {
        delegate.setTime(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setTime(int index, Time value, Calendar calendar) throws SQLException {
        delegate.setTime(index, value, calendar);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setTimestamp(int index, Timestamp value) throws SQLException {
        delegate.setTimestamp(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setTimestamp(int index, Timestamp value, Calendar calendar) throws SQLException {
        delegate.setTimestamp(index, value, calendar);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    public void setURL(int index, URL value) throws SQLException {
        delegate.setURL(index, value);
        if (keepsBinds()) {
            bound(index, value);
        }
    }

    @Override
    @Deprecated
    public void setUnicodeStream(int index, InputStream value, int length) throws SQLException {
        delegate.setUnicodeStream(index, value, length);
        if (keepsBinds()) {
            bound(index, StatementEvent.UNREAD);
        }
    }
}
