package dev.holdfast.examples.storefront;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.testkit.postgres.PostgresServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;

/** The pool in front of PostgreSQL, shared by both paths, and the count of what each of them sends. Thread-safe. */
final class ShopDatabase implements AutoCloseable {
    private static final int CONNECTIONS = 10;
    private static final Duration BORROW_WITHIN = Duration.ofSeconds(5);

    private final HikariDataSource pool;
    private final Map<ShopPath, StatementCounter> counters = new EnumMap<>(ShopPath.class);
    private final Map<ShopPath, DSLContext> contexts = new EnumMap<>(ShopPath.class);

    ShopDatabase(PostgresServer server, MeterRegistry metrics) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("shop");
        config.setJdbcUrl(server.jdbcUrl());
        config.setUsername(server.user());
        config.setPassword(server.password());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(BORROW_WITHIN.toMillis());
        config.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(metrics));
        pool = new HikariDataSource(config);
        for (ShopPath path : ShopPath.values()) {
            StatementCounter counter = new StatementCounter();
            counters.put(path, counter);
            contexts.put(
                    path,
                    DSL.using(new DefaultConfiguration()
                            .set(pool)
                            .set(SQLDialect.POSTGRES)
                            .set(counter)));
        }
    }

    /** Fills the empty database. */
    void seed(Scale scale, Progress progress) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            new Seed(scale, progress).into(connection);
        }
    }

    /** Where a path sends its statements; each is counted and commits by itself. */
    DSLContext sql(ShopPath path) {
        return contexts.get(path);
    }

    /** Statements that a path has sent so far. */
    long statements(ShopPath path) {
        return counters.get(path).count();
    }

    HealthProbe healthProbe() {
        return new DatabaseProbe(pool);
    }

    @Override
    public void close() {
        pool.close();
    }
}
