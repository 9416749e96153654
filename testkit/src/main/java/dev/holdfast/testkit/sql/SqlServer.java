package dev.holdfast.testkit.sql;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.TestServer;
import dev.holdfast.testkit.process.ServerControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * One SQL server: an address, a switch to break it, and databases on it.
 *
 * <p>What was committed survives {@link #kill()} and {@link #restart()}, but not {@link #close()}. {@link #pause()} freezes
 * all its processes: connections stay open, statements on them hang. Thread-safe; what starts and stops it waits for one
 * another.
 */
public abstract class SqlServer implements TestServer {

    private static final Pattern UNWANTED = Pattern.compile("[^a-z0-9_]+");

    /** Names may have 63 characters; the rest is for what makes them unique. */
    private static final int MAX_PREFIX = 40;

    /** For the testkit's own statements, of which the copy of a big database takes longest. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final SqlAddress address;
    private final ServerControl control;

    /**
     * Creates the server's representation; nothing is started.
     *
     * @param address of the database that the server always has
     * @param control the switch
     */
    protected SqlServer(SqlAddress address, ServerControl control) {
        this.address = address;
        this.control = control;
    }

    /**
     * Returns a source of plain connections.
     *
     * @param to the database to connect to
     * @return a new data source
     */
    protected abstract DataSource dataSource(SqlAddress to);

    /**
     * Returns a source of connections that do not wait for a hanging server for ever, for the testkit's own statements.
     *
     * @param to the database to connect to
     * @param patience how long to wait for each answer, when logging in too
     * @return a new data source
     */
    protected abstract DataSource dataSource(SqlAddress to, Duration patience);

    /**
     * Opens a connection for the testkit's own statements.
     *
     * @param patience how long to wait for each answer, when logging in too
     * @return the connection; the caller closes it
     * @throws ServerException if the server is paused, and could not answer
     * @throws SQLException if the server refuses it, or does not answer in time
     */
    protected Connection connection(Duration patience) throws SQLException {
        if (isPaused()) {
            throw new ServerException(this + " is paused and answers nothing: resume() it first");
        }
        return dataSource(address, patience).getConnection();
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
     * @return a user who may create databases, and on an embedded server anything
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
     * @return for example {@code jdbc:postgresql://host:port/postgres}
     */
    public String jdbcUrl() {
        return address.jdbcUrl();
    }

    /**
     * Returns the address of the database that every server has, as most other tools write it, with credentials.
     *
     * @return for example {@code postgres://user:password@host:port/postgres}
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
        return dataSource(address);
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
    public abstract SqlDatabase createDatabase(String prefix);

    /**
     * Executes a statement in the database that every server has.
     *
     * @param sql the statement
     * @throws ServerException if the server refuses it
     */
    protected void execute(String sql) {
        execute(List.of(sql));
    }

    private void execute(List<String> statements) {
        try (Connection connection = connection(PATIENCE);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new ServerException("cannot execute " + String.join("; ", statements) + " on " + this, e);
        }
    }

    /**
     * Brings the server back to what it was after its start: running, not paused, with its settings of then, and with nothing in
     * the database that every server has. Databases from {@link #createDatabase(String)} stay until they are closed; users and
     * roles stay, too.
     *
     * <p>A server that was there before the test is left as it is.
     *
     * @throws ServerException if that fails, as when a connection holds a lock on what is to be dropped
     */
    public void reset() {
        if (isBreakable()) {
            resume();
            start();
            execute(resetStatements());
        }
    }

    /**
     * Returns what {@link #reset()} executes, in one session.
     *
     * @return statements that do not wait for a lock much longer than 5 s
     */
    protected abstract List<String> resetStatements();

    /**
     * Returns the address of a database on this server.
     *
     * @param database its name
     * @return its address
     */
    protected SqlAddress address(String database) {
        return address.withDatabase(database);
    }

    /**
     * Makes a name for a database, unique on a server that other JVMs use too.
     *
     * @param prefix how it begins
     * @return lower-case letters, digits and underscores
     */
    protected static String uniqueName(String prefix) {
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
}
