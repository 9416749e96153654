package dev.holdfast.examples.storefront;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import java.sql.Connection;
import java.sql.SQLException;

/** Borrows a connection, asks whether it is alive, and reports how busy the pool is. */
final class DatabaseProbe implements HealthProbe {
    private static final int SECONDS = 1;

    private final HikariDataSource pool;

    DatabaseProbe(HikariDataSource pool) {
        this.pool = pool;
    }

    @Override
    public String name() {
        return "database";
    }

    @Override
    public Reading check() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            boolean alive = connection.isValid(SECONDS);
            HikariPoolMXBean counts = pool.getHikariPoolMXBean();
            return Reading.of(alive ? Status.UP : Status.DOWN, alive ? "answers" : "does not answer")
                    .with("active", counts.getActiveConnections())
                    .with("idle", counts.getIdleConnections())
                    .with("waiting", counts.getThreadsAwaitingConnection())
                    .with("max", pool.getMaximumPoolSize());
        }
    }
}
