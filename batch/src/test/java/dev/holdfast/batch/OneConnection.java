package dev.holdfast.batch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A pool of one: tests with many short calls would spend their time on connecting. */
public final class OneConnection implements AutoCloseable {
    private final Connection connection;
    private final DataSource source;

    public OneConnection(DataSource delegate) throws SQLException {
        connection = delegate.getConnection();
        Connection lent = proxy(Connection.class, connection, null);
        source = proxy(DataSource.class, delegate, lent);
    }

    private static <T> T proxy(Class<T> type, T target, Connection lent) {
        return type.cast(Proxy.newProxyInstance(
                OneConnection.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getConnection") && lent != null) {
                        return lent;
                    }
                    if (method.getName().equals("close")) {
                        return null;
                    }
                    try {
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    public DataSource source() {
        return source;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
