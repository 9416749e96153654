package dev.holdfast.testkit.sql;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A database of its own for one test class, on a server that others use too.
 *
 * <p>Thread-safe.
 */
public abstract class SqlDatabase implements AutoCloseable {

    private final SqlServer server;
    private final SqlAddress address;

    /**
     * Creates the representation of a database that exists.
     *
     * @param server where it is
     * @param address the server's, with the name of this database
     */
    protected SqlDatabase(SqlServer server, SqlAddress address) {
        this.server = server;
        this.address = address;
    }

    /**
     * Returns the server that holds the database.
     *
     * @return the server
     */
    public SqlServer server() {
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
     * @return the user, who may do anything with the database
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
     * @return for example {@code jdbc:postgresql://host:port/name}
     */
    public String jdbcUrl() {
        return address.jdbcUrl();
    }

    /**
     * Returns the address as most other tools write it, with credentials.
     *
     * @return for example {@code postgres://user:password@host:port/name}
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
        return server.dataSource(address);
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

    /**
     * Drops the database, with whoever is connected to it; does nothing when the server does not run.
     *
     * @throws dev.holdfast.testkit.ServerException if the server refuses it
     */
    @Override
    public void close() {
        if (server.isRunning() && !server.isPaused()) {
            server.execute(dropStatement());
        }
    }

    /**
     * Returns the statement that drops this database in spite of connections to it, and does nothing if it is gone.
     *
     * @return the statement
     */
    protected abstract String dropStatement();

    /** The address without the password. */
    @Override
    public String toString() {
        return address.toString();
    }
}
