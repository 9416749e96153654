package dev.holdfast.benchmarks.batch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;

/** Counts what is executed through a connection; beside the comparison, since counting takes time. */
final class ExecutedStatements {
    private final Connection connection;
    private int executed;

    ExecutedStatements(Connection target) {
        this.connection = proxy(Connection.class, target);
    }

    Connection connection() {
        return connection;
    }

    int executed() {
        return executed;
    }

    private <T> T proxy(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> call(target, method, arguments)));
    }

    private Object call(Object target, Method method, Object[] arguments) throws Throwable {
        if (method.getName().startsWith("execute")) {
            executed++;
        }
        try {
            Object result = method.invoke(target, arguments);
            return result instanceof PreparedStatement statement ? proxy(PreparedStatement.class, statement) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
