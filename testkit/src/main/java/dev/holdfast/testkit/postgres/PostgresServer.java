package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.TestServer;
import dev.holdfast.testkit.process.ServerControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * One PostgreSQL server: an address, a switch to break it, and databases on it.
 *
 * <p>What was committed survives {@link #kill()} and {@link #restart()}, but not {@link #close()}. {@link #pause()} freezes
 * all its processes: connections stay open, statements on them hang. Thread-safe; what starts and stops it waits for one
 * another.
 */
public final class PostgresServer implements TestServer {

    private static final Pattern UNWANTED = Pattern.compile("[^a-z0-9_]+");

    /** PostgreSQL cuts names at 63 bytes; the rest is for what makes them unique. */
    private static final int MAX_PREFIX = 40;

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final PostgresAddress address;
    private final ServerControl control;

    PostgresServer(PostgresAddress address, ServerControl control) {
        this.address = address;
        this.control = control;
    }

    /**
     * Begins the description of a server.
     *
     * @return a builder for a small, quick server: 100 connections, 32 MB of buffers, no {@code fsync}
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String host() {
        return address.host();
    }

    @Override
    public int port() {
        return address.port();
    }

    /**
     * Returns the name to log in with.
     *
     * @return a user who may create databases; on an embedded server a superuser
     */
    public String user() {
        return address.user();
    }

    /**
     * Returns the password to log in with.
     *
     * @return the password; the server does check it
     */
    public String password() {
        return address.password();
    }

    /**
     * Returns the address of the database that every server has, as JDBC writes it, without credentials.
     *
     * @return {@code jdbc:postgresql://host:port/postgres}
     */
    public String jdbcUrl() {
        return address.jdbcUrl();
    }

    /**
     * Returns the address of the database that every server has, as most other tools write it, with credentials.
     *
     * @return {@code postgres://user:password@host:port/postgres}
     */
    public String url() {
        return address.url();
    }

    /**
     * Returns a source of plain connections to the database that every server has, with the driver's own defaults: no pool,
     * no time limits.
     *
     * @return a new data source
     */
    public DataSource dataSource() {
        return address.dataSource();
    }

    /**
     * Opens a plain connection to the database that every server has.
     *
     * @return the connection; the caller closes it
     * @throws SQLException if the server refuses it
     */
    public Connection connection() throws SQLException {
        return dataSource().getConnection();
    }

    /**
     * Creates an empty database.
     *
     * @param prefix how its name begins; a number is added, and what is neither letter nor digit becomes an underscore
     * @return the database; closing it drops it
     * @throws ServerException if the server refuses it
     */
    public PostgresDatabase createDatabase(String prefix) {
        return createDatabase(prefix, "template1");
    }

    /**
     * Creates a copy of a database, which is much quicker than to fill it again.
     *
     * @param prefix how its name begins
     * @param template the database to copy; nobody may be connected to it meanwhile
     * @return the database; closing it drops it
     * @throws ServerException if the server refuses it
     */
    public PostgresDatabase createDatabase(String prefix, PostgresDatabase template) {
        return createDatabase(prefix, template.name());
    }

    private PostgresDatabase createDatabase(String prefix, String template) {
        String name = uniqueName(prefix);
        try (Connection connection = connection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE \"" + name + "\" TEMPLATE \"" + template + "\"");
        } catch (SQLException e) {
            throw new ServerException("cannot create the database " + name + " on " + this, e);
        }
        return new PostgresDatabase(this, address.withDatabase(name));
    }

    /** Unique on a server that other JVMs use too. */
    private static String uniqueName(String prefix) {
        String plain = UNWANTED.matcher(prefix.toLowerCase(Locale.ROOT)).replaceAll("_");
        return plain.substring(0, Math.min(plain.length(), MAX_PREFIX)) + "_"
                + Long.toString(ProcessHandle.current().pid(), Character.MAX_RADIX) + "_"
                + DATABASES.incrementAndGet();
    }

    @Override
    public void start() {
        control.start();
    }

    @Override
    public void stop() {
        control.stop();
    }

    /** Stops the server in an orderly way, ending its connections, and starts it on the same port with the same data. */
    public void restart() {
        control.stop();
        control.start();
    }

    @Override
    public void kill() {
        control.kill();
    }

    @Override
    public void pause() {
        control.pause();
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public boolean isRunning() {
        return control.isRunning();
    }

    @Override
    public boolean isPaused() {
        return control.isPaused();
    }

    @Override
    public boolean isBreakable() {
        return control.isBreakable();
    }

    @Override
    public String output() {
        return control.output();
    }

    @Override
    public void close() {
        control.close();
    }

    /** The address without the password. */
    @Override
    public String toString() {
        return address.toString();
    }

    /** Describes a server; not thread-safe. */
    public static final class Builder {

        private static final Pattern SETTING = Pattern.compile("[a-z_][a-z0-9_.]*");

        private final Map<String, String> settings = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Sets a parameter of the server, as in {@code setting("max_connections", "20")}. Address and port are not to be chosen.
         *
         * @param name the parameter, as in {@code postgresql.conf}
         * @param value its value, unquoted
         * @return this builder
         * @throws IllegalArgumentException if the name cannot be that of a parameter
         */
        public Builder setting(String name, String value) {
            if (!SETTING.matcher(name).matches()) {
                throw new IllegalArgumentException("'" + name + "' is no name of a PostgreSQL setting");
            }
            settings.put(name, value);
            return this;
        }

        /**
         * Starts the server and waits until it accepts connections.
         *
         * @return the server; the caller closes it
         * @throws ServerException if it does not start; the message names the remedy or has its output
         */
        public PostgresServer start() {
            return EmbeddedPostgres.start(settings).server();
        }

        /**
         * Starts two such servers, the second of which follows the first, and waits until it does.
         *
         * @return the pair; the caller closes it
         * @throws ServerException if one of them does not start; the message names the remedy or has its output
         */
        public PostgresReplicated startWithReplica() {
            return PostgresReplicated.start(settings);
        }
    }
}
