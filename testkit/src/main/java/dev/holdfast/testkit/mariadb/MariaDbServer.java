package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.ServerControl;
import dev.holdfast.testkit.sql.SqlAddress;
import dev.holdfast.testkit.sql.SqlServer;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;

/** One MariaDB server. Thread-safe. */
public final class MariaDbServer extends SqlServer {

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
        try {
            MariaDbDataSource source = new MariaDbDataSource(to.jdbcUrl());
            source.setUser(to.user());
            source.setPassword(to.password());
            return source;
        } catch (SQLException e) {
            throw new ServerException("the MariaDB driver does not accept " + to, e);
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
