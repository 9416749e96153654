package dev.holdfast.batch.jdbc;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/** Makes records, whose components are columns. */
final class RecordMapper<V> implements Columns<V> {
    private final Constructor<V> constructor;
    private final List<String> names;
    private final Class<?>[] types;

    RecordMapper(Class<V> type) {
        if (!type.isRecord()) {
            throw new IllegalArgumentException(type.getName() + " is not a record: use a record, or pass a RowMapper");
        }
        RecordComponent[] components = type.getRecordComponents();
        this.names = Arrays.stream(components).map(RecordComponent::getName).toList();
        this.types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        for (int i = 0; i < types.length; i++) {
            if (!ColumnValues.readable(types[i])) {
                throw new IllegalArgumentException("component '" + names.get(i) + "' of " + type.getName() + " is a "
                        + types[i].getName() + ", which cannot be read: use " + ColumnValues.types()
                        + ", or pass a RowMapper");
            }
        }
        try {
            this.constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
        } catch (NoSuchMethodException e) {
            throw new AssertionError("a record has its canonical constructor", e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "the constructor of " + type.getName()
                            + " cannot be called: open its package to dev.holdfast.batch, or pass a RowMapper",
                    e);
        }
    }

    @Override
    public List<String> names() {
        return names;
    }

    @Override
    public V map(ResultSet row) throws SQLException {
        Object[] values = new Object[types.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = ColumnValues.read(row, i + 1, types[i]);
            if (values[i] == null && types[i].isPrimitive()) {
                throw new SQLException("column " + row.getMetaData().getColumnName(i + 1) + " is null, but component '"
                        + names.get(i) + "' of "
                        + constructor.getDeclaringClass().getName() + " is a " + types[i]
                        + ": use the boxed type");
            }
        }
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new SQLException(
                    "the constructor of " + constructor.getDeclaringClass().getName() + " failed", e);
        } catch (ReflectiveOperationException e) {
            throw new SQLException(
                    "cannot make a " + constructor.getDeclaringClass().getName(), e);
        }
    }
}
