package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.ServerControl;
import dev.holdfast.testkit.sql.SqlAddress;
import dev.holdfast.testkit.sql.SqlServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** One PostgreSQL server. Thread-safe. */
public final class PostgresServer extends SqlServer {

    PostgresServer(SqlAddress address, ServerControl control) {
        super(address, control);
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
    public PostgresDatabase createDatabase(String prefix) {
        return createDatabase(prefix, "");
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
        return createDatabase(prefix, " TEMPLATE \"" + template.name() + "\"");
    }

    private PostgresDatabase createDatabase(String prefix, String template) {
        String name = uniqueName(prefix);
        execute("CREATE DATABASE \"" + name + "\"" + template);
        return new PostgresDatabase(this, address(name));
    }

    @Override
    protected DataSource dataSource(SqlAddress to) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {to.host()});
        source.setPortNumbers(new int[] {to.port()});
        source.setDatabaseName(to.database());
        source.setUser(to.user());
        source.setPassword(to.password());
        return source;
    }

    @Override
    protected List<String> resetStatements() {
        return List.of(
                "SET lock_timeout = '5s'",
                "DROP SCHEMA public CASCADE",
                "CREATE SCHEMA public",
                "ALTER SYSTEM RESET ALL",
                "SELECT pg_reload_conf()");
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
         * @throws dev.holdfast.testkit.UnsupportedServerException if servers are external and one is not named, or should
         *     have settings
         */
        public PostgresServer start() {
            return PostgresSources.single(settings);
        }

        /**
         * Starts two such servers, the second of which follows the first, and waits until it does.
         *
         * @return the pair; the caller closes it
         * @throws ServerException if one of them does not start; the message names the remedy or has its output
         * @throws dev.holdfast.testkit.UnsupportedServerException if servers are containers, or external and not named, or
         *     external and should have settings
         */
        public PostgresReplicated startWithReplica() {
            return PostgresSources.withReplica(settings);
        }
    }
}
