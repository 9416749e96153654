package dev.holdfast.batch.write;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** A data source as pools can be configured: its connections come with auto-commit off. */
final class ManualCommit {
    private ManualCommit() {}

    static DataSource of(DataSource source) {
        return (DataSource) Proxy.newProxyInstance(
                ManualCommit.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(source, arguments);
                        if (answer instanceof Connection connection) {
                            connection.setAutoCommit(false);
                        }
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
