package dev.holdfast.cache.tx;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches one connection for the ends of its transactions.
 *
 * <p>Only a rollback that succeeded drops what was collected. Everything else that ends a transaction issues it, whether the
 * call succeeded or not: a commit that failed may have reached the server.
 */
final class ConnectionWatch implements InvocationHandler {
    private final Connection delegate;
    private final Object lock = new Object();
    private @Nullable Invalidations current;

    private ConnectionWatch(Connection delegate) {
        this.delegate = Objects.requireNonNull(delegate, "connection");
    }

    static Connection watch(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                ConnectionWatch.class.getClassLoader(),
                new Class<?>[] {CollectingConnection.class},
                new ConnectionWatch(connection));
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // A connection is equal to itself only.
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        Object first = args == null || args.length == 0 ? null : args[0];
        switch (method.getName()) {
            case "equals":
                return proxy == first;
            case "hashCode":
                return System.identityHashCode(proxy);
            case "toString":
                return "collecting " + delegate;
            case "invalidations":
                return invalidations();
            case "isWrapperFor":
                return first instanceof Class<?> type && type.isInstance(proxy)
                        || (Boolean) Objects.requireNonNull(call(method, args));
            case "unwrap":
                return first instanceof Class<?> type && type.isInstance(proxy) ? proxy : call(method, args);
            case "rollback":
                return first == null
                        ? rollback(method, args)
                        : call(method, args); // To a savepoint: keep all, which is safe.
            case "setAutoCommit":
                return Boolean.valueOf(delegate.getAutoCommit()).equals(first)
                        ? call(method, args)
                        : ending(method, args);
            case "commit", "close", "abort":
                return ending(method, args);
            default:
                return call(method, args);
        }
    }

    private @Nullable Object call(Method method, @Nullable Object @Nullable [] args) throws Throwable {
        try {
            return method.invoke(delegate, args);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private @Nullable Object ending(Method method, @Nullable Object @Nullable [] args) throws Throwable {
        try {
            return call(method, args);
        } finally {
            Invalidations ended = take();
            if (ended != null) {
                ended.afterCommit();
            }
        }
    }

    private @Nullable Object rollback(Method method, @Nullable Object @Nullable [] args) throws Throwable {
        boolean done = false;
        try {
            Object result = call(method, args);
            done = true;
            return result;
        } finally {
            Invalidations ended = take();
            if (ended != null && done) {
                ended.afterRollback();
            } else if (ended != null) {
                ended.afterCommit();
            }
        }
    }

    private Invalidations invalidations() throws SQLException {
        boolean autoCommit = delegate.getAutoCommit();
        synchronized (lock) {
            Invalidations known = current;
            if (known == null) {
                known = autoCommit ? Invalidations.autoCommit() : Invalidations.begin();
                current = known;
            }
            return known;
        }
    }

    private @Nullable Invalidations take() {
        synchronized (lock) {
            Invalidations taken = current;
            current = null;
            return taken;
        }
    }
}
