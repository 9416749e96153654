package dev.holdfast.batch.keyset;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import javax.sql.DataSource;

/** Knows which of its connections are open. */
final class CountingSource implements AutoCloseable {
    private final Set<Connection> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final DataSource source;

    CountingSource(DataSource delegate) {
        source = (DataSource) proxy(DataSource.class, (proxy, method, arguments) -> {
            Object answer = call(delegate, method, arguments);
            if (!(answer instanceof Connection connection)) {
                return answer;
            }
            open.add(connection);
            return proxy(Connection.class, (ignored, called, given) -> {
                if (called.getName().equals("close")) {
                    open.remove(connection);
                }
                return call(connection, called, given);
            });
        });
    }

    private static Object proxy(Class<?> type, InvocationHandler handler) {
        return Proxy.newProxyInstance(CountingSource.class.getClassLoader(), new Class<?>[] {type}, handler);
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    DataSource source() {
        return source;
    }

    int open() {
        return open.size();
    }

    @Override
    public void close() {
        open.forEach(connection -> {
            try {
                connection.close();
            } catch (java.sql.SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
