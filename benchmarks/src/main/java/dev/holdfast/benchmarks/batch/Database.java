package dev.holdfast.benchmarks.batch;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;

/** One PostgreSQL with a way that takes a millisecond there and back, and connections that are open already, as from a pool. */
final class Database implements AutoCloseable {
    private static final Duration ONE_WAY = Duration.ofNanos(500_000);

    private final PostgresServer server = PostgresServers.single();
    private final FaultProxy far = FaultProxy.to(server).latency(ONE_WAY);

    /** A new connection over loopback. */
    Connection near(String... properties) throws SQLException {
        return connect(server.host(), server.port(), properties);
    }

    /** A new connection with a round trip of one millisecond more. */
    Connection far() throws SQLException {
        return connect(far.host(), far.port());
    }

    private Connection connect(String host, int port, String... properties) throws SQLException {
        Properties all = new Properties();
        all.setProperty("user", server.user());
        all.setProperty("password", server.password());
        for (String property : properties) {
            all.setProperty(property, "true");
        }
        return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/postgres", all);
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** A pool of one connection. */
    static DataSource pool(Connection connection) {
        Connection lent = proxy(Connection.class, connection, null);
        return proxy(DataSource.class, connection, lent);
    }

    private static <T> T proxy(Class<T> type, Object target, Connection lent) {
        return type.cast(Proxy.newProxyInstance(
                Database.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (lent != null) {
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

    @Override
    public void close() {
        far.close();
        server.close();
    }
}
