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
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** Passes every call of a {@link ResultSet} on; what is observed is overridden. */
@NullUnmarked
abstract class ForwardingResultSet implements ResultSet {
    private final ResultSet delegate;

    ForwardingResultSet(ResultSet delegate) {
        this.delegate = delegate;
    }

    @Override
    public boolean absolute(int value) throws SQLException {
        return delegate.absolute(value);
    }

    @Override
    public void afterLast() throws SQLException {
        delegate.afterLast();
    }

    @Override
    public void beforeFirst() throws SQLException {
        delegate.beforeFirst();
    }

    @Override
    public void cancelRowUpdates() throws SQLException {
        delegate.cancelRowUpdates();
    }

    @Override
    public void clearWarnings() throws SQLException {
        delegate.clearWarnings();
    }

    @Override
    public void close() throws SQLException {
        delegate.close();
    }

    @Override
    public void deleteRow() throws SQLException {
        delegate.deleteRow();
    }

    @Override
    public int findColumn(String name) throws SQLException {
        return delegate.findColumn(name);
    }

    @Override
    public boolean first() throws SQLException {
        return delegate.first();
    }

    @Override
    public Array getArray(String name) throws SQLException {
        return delegate.getArray(name);
    }

    @Override
    public Array getArray(int index) throws SQLException {
        return delegate.getArray(index);
    }

    @Override
    public InputStream getAsciiStream(String name) throws SQLException {
        return delegate.getAsciiStream(name);
    }

    @Override
    public InputStream getAsciiStream(int index) throws SQLException {
        return delegate.getAsciiStream(index);
    }

    @Override
    public BigDecimal getBigDecimal(String name) throws SQLException {
        return delegate.getBigDecimal(name);
    }

    @Override
    public BigDecimal getBigDecimal(int index) throws SQLException {
        return delegate.getBigDecimal(index);
    }

    @Override
    @Deprecated
    public BigDecimal getBigDecimal(String name, int scale) throws SQLException {
        return delegate.getBigDecimal(name, scale);
    }

    @Override
    @Deprecated
    public BigDecimal getBigDecimal(int index, int scale) throws SQLException {
        return delegate.getBigDecimal(index, scale);
    }

    @Override
    public InputStream getBinaryStream(String name) throws SQLException {
        return delegate.getBinaryStream(name);
    }

    @Override
    public InputStream getBinaryStream(int index) throws SQLException {
        return delegate.getBinaryStream(index);
    }

    @Override
    public Blob getBlob(String name) throws SQLException {
        return delegate.getBlob(name);
    }

    @Override
    public Blob getBlob(int index) throws SQLException {
        return delegate.getBlob(index);
    }

    @Override
    public boolean getBoolean(String name) throws SQLException {
        return delegate.getBoolean(name);
    }

    @Override
    public boolean getBoolean(int index) throws SQLException {
        return delegate.getBoolean(index);
    }

    @Override
    public byte getByte(String name) throws SQLException {
        return delegate.getByte(name);
    }

    @Override
    public byte getByte(int index) throws SQLException {
        return delegate.getByte(index);
    }

    @Override
    public byte[] getBytes(String name) throws SQLException {
        return delegate.getBytes(name);
    }

    @Override
    public byte[] getBytes(int index) throws SQLException {
        return delegate.getBytes(index);
    }

    @Override
    public Reader getCharacterStream(String name) throws SQLException {
        return delegate.getCharacterStream(name);
    }

    @Override
    public Reader getCharacterStream(int index) throws SQLException {
        return delegate.getCharacterStream(index);
    }

    @Override
    public Clob getClob(String name) throws SQLException {
        return delegate.getClob(name);
    }

    @Override
    public Clob getClob(int index) throws SQLException {
        return delegate.getClob(index);
    }

    @Override
    public int getConcurrency() throws SQLException {
        return delegate.getConcurrency();
    }

    @Override
    public String getCursorName() throws SQLException {
        return delegate.getCursorName();
    }

    @Override
    public Date getDate(String name) throws SQLException {
        return delegate.getDate(name);
    }

    @Override
    public Date getDate(int index) throws SQLException {
        return delegate.getDate(index);
    }

    @Override
    public Date getDate(String name, Calendar calendar) throws SQLException {
        return delegate.getDate(name, calendar);
    }

    @Override
    public Date getDate(int index, Calendar calendar) throws SQLException {
        return delegate.getDate(index, calendar);
    }

    @Override
    public double getDouble(String name) throws SQLException {
        return delegate.getDouble(name);
    }

    @Override
    public double getDouble(int index) throws SQLException {
        return delegate.getDouble(index);
    }

    @Override
    public int getFetchDirection() throws SQLException {
        return delegate.getFetchDirection();
    }

    @Override
    public int getFetchSize() throws SQLException {
        return delegate.getFetchSize();
    }

    @Override
    public float getFloat(String name) throws SQLException {
        return delegate.getFloat(name);
    }

    @Override
    public float getFloat(int index) throws SQLException {
        return delegate.getFloat(index);
    }

    @Override
    public int getHoldability() throws SQLException {
        return delegate.getHoldability();
    }

    @Override
    public int getInt(String name) throws SQLException {
        return delegate.getInt(name);
    }

    @Override
    public int getInt(int index) throws SQLException {
        return delegate.getInt(index);
    }

    @Override
    public long getLong(String name) throws SQLException {
        return delegate.getLong(name);
    }

    @Override
    public long getLong(int index) throws SQLException {
        return delegate.getLong(index);
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        return delegate.getMetaData();
    }

    @Override
    public Reader getNCharacterStream(String name) throws SQLException {
        return delegate.getNCharacterStream(name);
    }

    @Override
    public Reader getNCharacterStream(int index) throws SQLException {
        return delegate.getNCharacterStream(index);
    }

    @Override
    public NClob getNClob(String name) throws SQLException {
        return delegate.getNClob(name);
    }

    @Override
    public NClob getNClob(int index) throws SQLException {
        return delegate.getNClob(index);
    }

    @Override
    public String getNString(String name) throws SQLException {
        return delegate.getNString(name);
    }

    @Override
    public String getNString(int index) throws SQLException {
        return delegate.getNString(index);
    }

    @Override
    public Object getObject(String name) throws SQLException {
        return delegate.getObject(name);
    }

    @Override
    public Object getObject(int index) throws SQLException {
        return delegate.getObject(index);
    }

    @Override
    public <T> T getObject(String name, Class<T> type) throws SQLException {
        return delegate.getObject(name, type);
    }

    @Override
    public Object getObject(String name, Map<String, Class<?>> types) throws SQLException {
        return delegate.getObject(name, types);
    }

    @Override
    public <T> T getObject(int index, Class<T> type) throws SQLException {
        return delegate.getObject(index, type);
    }

    @Override
    public Object getObject(int index, Map<String, Class<?>> types) throws SQLException {
        return delegate.getObject(index, types);
    }

    @Override
    public Ref getRef(String name) throws SQLException {
        return delegate.getRef(name);
    }

    @Override
    public Ref getRef(int index) throws SQLException {
        return delegate.getRef(index);
    }

    @Override
    public int getRow() throws SQLException {
        return delegate.getRow();
    }

    @Override
    public RowId getRowId(String name) throws SQLException {
        return delegate.getRowId(name);
    }

    @Override
    public RowId getRowId(int index) throws SQLException {
        return delegate.getRowId(index);
    }

    @Override
    public SQLXML getSQLXML(String name) throws SQLException {
        return delegate.getSQLXML(name);
    }

    @Override
    public SQLXML getSQLXML(int index) throws SQLException {
        return delegate.getSQLXML(index);
    }

    @Override
    public short getShort(String name) throws SQLException {
        return delegate.getShort(name);
    }

    @Override
    public short getShort(int index) throws SQLException {
        return delegate.getShort(index);
    }

    @Override
    public Statement getStatement() throws SQLException {
        return delegate.getStatement();
    }

    @Override
    public String getString(String name) throws SQLException {
        return delegate.getString(name);
    }

    @Override
    public String getString(int index) throws SQLException {
        return delegate.getString(index);
    }

    @Override
    public Time getTime(String name) throws SQLException {
        return delegate.getTime(name);
    }

    @Override
    public Time getTime(int index) throws SQLException {
        return delegate.getTime(index);
    }

    @Override
    public Time getTime(String name, Calendar calendar) throws SQLException {
        return delegate.getTime(name, calendar);
    }

    @Override
    public Time getTime(int index, Calendar calendar) throws SQLException {
        return delegate.getTime(index, calendar);
    }

    @Override
    public Timestamp getTimestamp(String name) throws SQLException {
        return delegate.getTimestamp(name);
    }

    @Override
    public Timestamp getTimestamp(int index) throws SQLException {
        return delegate.getTimestamp(index);
    }

    @Override
    public Timestamp getTimestamp(String name, Calendar calendar) throws SQLException {
        return delegate.getTimestamp(name, calendar);
    }

    @Override
    public Timestamp getTimestamp(int index, Calendar calendar) throws SQLException {
        return delegate.getTimestamp(index, calendar);
    }

    @Override
    public int getType() throws SQLException {
        return delegate.getType();
    }

    @Override
    public URL getURL(String name) throws SQLException {
        return delegate.getURL(name);
    }

    @Override
    public URL getURL(int index) throws SQLException {
        return delegate.getURL(index);
    }

    @Override
    @Deprecated
    public InputStream getUnicodeStream(String name) throws SQLException {
        return delegate.getUnicodeStream(name);
    }

    @Override
    @Deprecated
    public InputStream getUnicodeStream(int index) throws SQLException {
        return delegate.getUnicodeStream(index);
    }

    @Override
    public SQLWarning getWarnings() throws SQLException {
        return delegate.getWarnings();
    }

    @Override
    public void insertRow() throws SQLException {
        delegate.insertRow();
    }

    @Override
    public boolean isAfterLast() throws SQLException {
        return delegate.isAfterLast();
    }

    @Override
    public boolean isBeforeFirst() throws SQLException {
        return delegate.isBeforeFirst();
    }

    @Override
    public boolean isClosed() throws SQLException {
        return delegate.isClosed();
    }

    @Override
    public boolean isFirst() throws SQLException {
        return delegate.isFirst();
    }

    @Override
    public boolean isLast() throws SQLException {
        return delegate.isLast();
    }

    @Override
    public boolean last() throws SQLException {
        return delegate.last();
    }

    @Override
    public void moveToCurrentRow() throws SQLException {
        delegate.moveToCurrentRow();
    }

    @Override
    public void moveToInsertRow() throws SQLException {
        delegate.moveToInsertRow();
    }

    @Override
    public boolean next() throws SQLException {
        return delegate.next();
    }

    @Override
    public boolean previous() throws SQLException {
        return delegate.previous();
    }

    @Override
    public void refreshRow() throws SQLException {
        delegate.refreshRow();
    }

    @Override
    public boolean relative(int value) throws SQLException {
        return delegate.relative(value);
    }

    @Override
    public boolean rowDeleted() throws SQLException {
        return delegate.rowDeleted();
    }

    @Override
    public boolean rowInserted() throws SQLException {
        return delegate.rowInserted();
    }

    @Override
    public boolean rowUpdated() throws SQLException {
        return delegate.rowUpdated();
    }

    @Override
    public void setFetchDirection(int value) throws SQLException {
        delegate.setFetchDirection(value);
    }

    @Override
    public void setFetchSize(int value) throws SQLException {
        delegate.setFetchSize(value);
    }

    @Override
    public void updateArray(String name, Array value) throws SQLException {
        delegate.updateArray(name, value);
    }

    @Override
    public void updateArray(int index, Array value) throws SQLException {
        delegate.updateArray(index, value);
    }

    @Override
    public void updateAsciiStream(String name, InputStream value) throws SQLException {
        delegate.updateAsciiStream(name, value);
    }

    @Override
    public void updateAsciiStream(int index, InputStream value) throws SQLException {
        delegate.updateAsciiStream(index, value);
    }

    @Override
    public void updateAsciiStream(String name, InputStream value, int length) throws SQLException {
        delegate.updateAsciiStream(name, value, length);
    }

    @Override
    public void updateAsciiStream(String name, InputStream value, long length) throws SQLException {
        delegate.updateAsciiStream(name, value, length);
    }

    @Override
    public void updateAsciiStream(int index, InputStream value, int length) throws SQLException {
        delegate.updateAsciiStream(index, value, length);
    }

    @Override
    public void updateAsciiStream(int index, InputStream value, long length) throws SQLException {
        delegate.updateAsciiStream(index, value, length);
    }

    @Override
    public void updateBigDecimal(String name, BigDecimal value) throws SQLException {
        delegate.updateBigDecimal(name, value);
    }

    @Override
    public void updateBigDecimal(int index, BigDecimal value) throws SQLException {
        delegate.updateBigDecimal(index, value);
    }

    @Override
    public void updateBinaryStream(String name, InputStream value) throws SQLException {
        delegate.updateBinaryStream(name, value);
    }

    @Override
    public void updateBinaryStream(int index, InputStream value) throws SQLException {
        delegate.updateBinaryStream(index, value);
    }

    @Override
    public void updateBinaryStream(String name, InputStream value, int length) throws SQLException {
        delegate.updateBinaryStream(name, value, length);
    }

    @Override
    public void updateBinaryStream(String name, InputStream value, long length) throws SQLException {
        delegate.updateBinaryStream(name, value, length);
    }

    @Override
    public void updateBinaryStream(int index, InputStream value, int length) throws SQLException {
        delegate.updateBinaryStream(index, value, length);
    }

    @Override
    public void updateBinaryStream(int index, InputStream value, long length) throws SQLException {
        delegate.updateBinaryStream(index, value, length);
    }

    @Override
    public void updateBlob(String name, InputStream value) throws SQLException {
        delegate.updateBlob(name, value);
    }

    @Override
    public void updateBlob(String name, Blob value) throws SQLException {
        delegate.updateBlob(name, value);
    }

    @Override
    public void updateBlob(int index, InputStream value) throws SQLException {
        delegate.updateBlob(index, value);
    }

    @Override
    public void updateBlob(int index, Blob value) throws SQLException {
        delegate.updateBlob(index, value);
    }

    @Override
    public void updateBlob(String name, InputStream value, long length) throws SQLException {
        delegate.updateBlob(name, value, length);
    }

    @Override
    public void updateBlob(int index, InputStream value, long length) throws SQLException {
        delegate.updateBlob(index, value, length);
    }

    @Override
    public void updateBoolean(String name, boolean value) throws SQLException {
        delegate.updateBoolean(name, value);
    }

    @Override
    public void updateBoolean(int index, boolean value) throws SQLException {
        delegate.updateBoolean(index, value);
    }

    @Override
    public void updateByte(String name, byte value) throws SQLException {
        delegate.updateByte(name, value);
    }

    @Override
    public void updateByte(int index, byte value) throws SQLException {
        delegate.updateByte(index, value);
    }

    @Override
    public void updateBytes(String name, byte[] value) throws SQLException {
        delegate.updateBytes(name, value);
    }

    @Override
    public void updateBytes(int index, byte[] value) throws SQLException {
        delegate.updateBytes(index, value);
    }

    @Override
    public void updateCharacterStream(String name, Reader value) throws SQLException {
        delegate.updateCharacterStream(name, value);
    }

    @Override
    public void updateCharacterStream(int index, Reader value) throws SQLException {
        delegate.updateCharacterStream(index, value);
    }

    @Override
    public void updateCharacterStream(String name, Reader value, int length) throws SQLException {
        delegate.updateCharacterStream(name, value, length);
    }

    @Override
    public void updateCharacterStream(String name, Reader value, long length) throws SQLException {
        delegate.updateCharacterStream(name, value, length);
    }

    @Override
    public void updateCharacterStream(int index, Reader value, int length) throws SQLException {
        delegate.updateCharacterStream(index, value, length);
    }

    @Override
    public void updateCharacterStream(int index, Reader value, long length) throws SQLException {
        delegate.updateCharacterStream(index, value, length);
    }

    @Override
    public void updateClob(String name, Reader value) throws SQLException {
        delegate.updateClob(name, value);
    }

    @Override
    public void updateClob(String name, Clob value) throws SQLException {
        delegate.updateClob(name, value);
    }

    @Override
    public void updateClob(int index, Reader value) throws SQLException {
        delegate.updateClob(index, value);
    }

    @Override
    public void updateClob(int index, Clob value) throws SQLException {
        delegate.updateClob(index, value);
    }

    @Override
    public void updateClob(String name, Reader value, long length) throws SQLException {
        delegate.updateClob(name, value, length);
    }

    @Override
    public void updateClob(int index, Reader value, long length) throws SQLException {
        delegate.updateClob(index, value, length);
    }

    @Override
    public void updateDate(String name, Date value) throws SQLException {
        delegate.updateDate(name, value);
    }

    @Override
    public void updateDate(int index, Date value) throws SQLException {
        delegate.updateDate(index, value);
    }

    @Override
    public void updateDouble(String name, double value) throws SQLException {
        delegate.updateDouble(name, value);
    }

    @Override
    public void updateDouble(int index, double value) throws SQLException {
        delegate.updateDouble(index, value);
    }

    @Override
    public void updateFloat(String name, float value) throws SQLException {
        delegate.updateFloat(name, value);
    }

    @Override
    public void updateFloat(int index, float value) throws SQLException {
        delegate.updateFloat(index, value);
    }

    @Override
    public void updateInt(String name, int value) throws SQLException {
        delegate.updateInt(name, value);
    }

    @Override
    public void updateInt(int index, int value) throws SQLException {
        delegate.updateInt(index, value);
    }

    @Override
    public void updateLong(String name, long value) throws SQLException {
        delegate.updateLong(name, value);
    }

    @Override
    public void updateLong(int index, long value) throws SQLException {
        delegate.updateLong(index, value);
    }

    @Override
    public void updateNCharacterStream(String name, Reader value) throws SQLException {
        delegate.updateNCharacterStream(name, value);
    }

    @Override
    public void updateNCharacterStream(int index, Reader value) throws SQLException {
        delegate.updateNCharacterStream(index, value);
    }

    @Override
    public void updateNCharacterStream(String name, Reader value, long length) throws SQLException {
        delegate.updateNCharacterStream(name, value, length);
    }

    @Override
    public void updateNCharacterStream(int index, Reader value, long length) throws SQLException {
        delegate.updateNCharacterStream(index, value, length);
    }

    @Override
    public void updateNClob(String name, Reader value) throws SQLException {
        delegate.updateNClob(name, value);
    }

    @Override
    public void updateNClob(String name, NClob value) throws SQLException {
        delegate.updateNClob(name, value);
    }

    @Override
    public void updateNClob(int index, Reader value) throws SQLException {
        delegate.updateNClob(index, value);
    }

    @Override
    public void updateNClob(int index, NClob value) throws SQLException {
        delegate.updateNClob(index, value);
    }

    @Override
    public void updateNClob(String name, Reader value, long length) throws SQLException {
        delegate.updateNClob(name, value, length);
    }

    @Override
    public void updateNClob(int index, Reader value, long length) throws SQLException {
        delegate.updateNClob(index, value, length);
    }

    @Override
    public void updateNString(String name, String value) throws SQLException {
        delegate.updateNString(name, value);
    }

    @Override
    public void updateNString(int index, String value) throws SQLException {
        delegate.updateNString(index, value);
    }

    @Override
    public void updateNull(String name) throws SQLException {
        delegate.updateNull(name);
    }

    @Override
    public void updateNull(int index) throws SQLException {
        delegate.updateNull(index);
    }

    @Override
    public void updateObject(String name, Object value) throws SQLException {
        delegate.updateObject(name, value);
    }

    @Override
    public void updateObject(int index, Object value) throws SQLException {
        delegate.updateObject(index, value);
    }

    @Override
    public void updateObject(String name, Object value, int scale) throws SQLException {
        delegate.updateObject(name, value, scale);
    }

    @Override
    public void updateObject(String name, Object value, SQLType sqlType) throws SQLException {
        delegate.updateObject(name, value, sqlType);
    }

    @Override
    public void updateObject(int index, Object value, int scale) throws SQLException {
        delegate.updateObject(index, value, scale);
    }

    @Override
    public void updateObject(int index, Object value, SQLType sqlType) throws SQLException {
        delegate.updateObject(index, value, sqlType);
    }

    @Override
    public void updateObject(String name, Object value, SQLType sqlType, int scale) throws SQLException {
        delegate.updateObject(name, value, sqlType, scale);
    }

    @Override
    public void updateObject(int index, Object value, SQLType sqlType, int scale) throws SQLException {
        delegate.updateObject(index, value, sqlType, scale);
    }

    @Override
    public void updateRef(String name, Ref value) throws SQLException {
        delegate.updateRef(name, value);
    }

    @Override
    public void updateRef(int index, Ref value) throws SQLException {
        delegate.updateRef(index, value);
    }

    @Override
    public void updateRow() throws SQLException {
        delegate.updateRow();
    }

    @Override
    public void updateRowId(String name, RowId value) throws SQLException {
        delegate.updateRowId(name, value);
    }

    @Override
    public void updateRowId(int index, RowId value) throws SQLException {
        delegate.updateRowId(index, value);
    }

    @Override
    public void updateSQLXML(String name, SQLXML value) throws SQLException {
        delegate.updateSQLXML(name, value);
    }

    @Override
    public void updateSQLXML(int index, SQLXML value) throws SQLException {
        delegate.updateSQLXML(index, value);
    }

    @Override
    public void updateShort(String name, short value) throws SQLException {
        delegate.updateShort(name, value);
    }

    @Override
    public void updateShort(int index, short value) throws SQLException {
        delegate.updateShort(index, value);
    }

    @Override
    public void updateString(String name, String value) throws SQLException {
        delegate.updateString(name, value);
    }

    @Override
    public void updateString(int index, String value) throws SQLException {
        delegate.updateString(index, value);
    }

    @Override
    public void updateTime(String name, Time value) throws SQLException {
        delegate.updateTime(name, value);
    }

    @Override
    public void updateTime(int index, Time value) throws SQLException {
        delegate.updateTime(index, value);
    }

    @Override
    public void updateTimestamp(String name, Timestamp value) throws SQLException {
        delegate.updateTimestamp(name, value);
    }

    @Override
    public void updateTimestamp(int index, Timestamp value) throws SQLException {
        delegate.updateTimestamp(index, value);
    }

    @Override
    public boolean wasNull() throws SQLException {
        return delegate.wasNull();
    }

    @Override
    public final <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this)
                ? type.cast(this)
                : type.isInstance(delegate) ? type.cast(delegate) : delegate.unwrap(type);
    }

    @Override
    public final boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || type.isInstance(delegate) || delegate.isWrapperFor(type);
    }
}
