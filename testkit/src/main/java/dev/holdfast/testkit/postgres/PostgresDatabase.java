package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * A database of its own for one test class, on a server that others use too.
 *
 * <p>Thread-safe.
 */
public final class PostgresDatabase implements AutoCloseable {

    private final PostgresServer server;
    private final PostgresAddress address;

    PostgresDatabase(PostgresServer server, PostgresAddress address) {
        this.server = server;
        this.address = address;
    }

    /**
     * Returns the server that holds the database.
     *
     * @return the server
     */
    public PostgresServer server() {
        return server;
    }

    /**
     * Returns the name of the database.
     *
     * @return lower-case letters, digits and underscores
     */
    public String name() {
        return address.database();
    }

    /**
     * Returns the name to log in with.
     *
     * @return the user, who owns the database
     */
    public String user() {
        return address.user();
    }

    /**
     * Returns the password to log in with.
     *
     * @return the password
     */
    public String password() {
        return address.password();
    }

    /**
     * Returns the address as JDBC writes it, without credentials.
     *
     * @return {@code jdbc:postgresql://host:port/name}
     */
    public String jdbcUrl() {
        return address.jdbcUrl();
    }

    /**
     * Returns the address as most other tools write it, with credentials.
     *
     * @return {@code postgres://user:password@host:port/name}
     */
    public String url() {
        return address.url();
    }

    /**
     * Returns a source of plain connections, with the driver's own defaults: no pool, no time limits.
     *
     * @return a new data source
     */
    public DataSource dataSource() {
        return address.dataSource();
    }

    /**
     * Opens a plain connection.
     *
     * @return the connection; the caller closes it
     * @throws SQLException if the server refuses it
     */
    public Connection connection() throws SQLException {
        return dataSource().getConnection();
    }

    /** Drops the database, with whoever is connected to it; does nothing when the server does not run. */
    @Override
    public void close() {
        if (!server.isRunning() || server.isPaused()) {
            return;
        }
        try (Connection connection = server.connection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS \"" + name() + "\" WITH (FORCE)");
        } catch (SQLException e) {
            throw new ServerException("cannot drop " + this, e);
        }
    }

    /** The address without the password. */
    @Override
    public String toString() {
        return address.toString();
    }
}
