package dev.holdfast.batch.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Remembers the text of each statement that is prepared. */
public final class CountedStatements {
    public final List<String> texts = new CopyOnWriteArrayList<>();
    public final DataSource dataSource;

    public CountedStatements(DataSource target) {
        this.dataSource = (DataSource) Proxy.newProxyInstance(
                CountedStatements.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    Object result = invoke(target, method, arguments);
                    return result instanceof Connection connection ? watch(connection) : result;
                });
    }

    public Connection watch(Connection target) {
        return (Connection) Proxy.newProxyInstance(
                CountedStatements.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        texts.add((String) arguments[0]);
                    }
                    return invoke(target, method, arguments);
                });
    }

    private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof SQLException failure ? failure : e.getCause();
        }
    }
}
