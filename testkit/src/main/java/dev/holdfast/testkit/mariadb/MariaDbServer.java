package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.ServerControl;
import dev.holdfast.testkit.sql.SqlAddress;
import dev.holdfast.testkit.sql.SqlServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;

/** One MariaDB server. Thread-safe. */
public final class MariaDbServer extends SqlServer {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    MariaDbServer(SqlAddress address, ServerControl control) {
        super(address, control);
    }

    /**
     * Begins the description of a server.
     *
     * @return a builder for a small, quick server: 100 connections, 32 MB of buffers, no syncing to disk, no TLS, UTF-8
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public MariaDbDatabase createDatabase(String prefix) {
        String name = uniqueName(prefix);
        execute("CREATE DATABASE `" + name + "`");
        return new MariaDbDatabase(this, address(name));
    }

    @Override
    protected DataSource dataSource(SqlAddress to) {
        return source(to, to.jdbcUrl());
    }

    @Override
    protected DataSource dataSource(SqlAddress to, Duration patience) {
        long millis = patience.toMillis();
        return source(to, to.jdbcUrl() + "?connectTimeout=" + millis + "&socketTimeout=" + millis);
    }

    private static DataSource source(SqlAddress to, String url) {
        try {
            MariaDbDataSource source = new MariaDbDataSource(url);
            source.setUser(to.user());
            source.setPassword(to.password());
            return source;
        } catch (SQLException e) {
            throw new ServerException("the MariaDB driver does not accept " + to, e);
        }
    }

    @Override
    public void reset() {
        super.reset();
        if (isBreakable() && hasOtherSettings()) {
            // They are of the process and not of its files.
            restart();
        }
    }

    private boolean hasOtherSettings() {
        String changed = "SELECT count(*) FROM information_schema.system_variables WHERE global_value_origin = 'SQL'";
        try (Connection connection = connection(PATIENCE);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(changed)) {
            return result.next() && result.getInt(1) > 0;
        } catch (SQLException e) {
            throw new ServerException(this + " does not tell its settings", e);
        }
    }

    @Override
    protected List<String> resetStatements() {
        String database = "`" + EmbeddedMariaDb.DATABASE + "`";
        return List.of("SET lock_wait_timeout = 5", "DROP DATABASE " + database, "CREATE DATABASE " + database);
    }

    /** Describes a server; not thread-safe. */
    public static final class Builder {

        private static final Pattern SETTING = Pattern.compile("[a-z][a-z0-9_-]*");

        private final Map<String, String> settings = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Sets a parameter of the server, as in {@code setting("max-connections", "20")}. Address and port are not to be chosen.
         *
         * @param name the parameter, an option of {@code mariadbd} without its dashes
         * @param value its value, unquoted
         * @return this builder
         * @throws IllegalArgumentException if the name cannot be that of a parameter
         */
        public Builder setting(String name, String value) {
            if (!SETTING.matcher(name).matches()) {
                throw new IllegalArgumentException("'" + name + "' is no name of a MariaDB option");
            }
            settings.put(name, value);
            return this;
        }

        /**
         * Starts the server and waits until it accepts connections.
         *
         * @return the server; the caller closes it
         * @throws ServerException if it does not start; the message names the remedy or has its output
         * @throws dev.holdfast.testkit.UnsupportedServerException if servers are external and one is not named, or should
         *     have settings
         */
        public MariaDbServer start() {
            return MariaDbSources.single(settings);
        }
    }
}
