package dev.holdfast.testkit.postgres;

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
import org.postgresql.ds.PGSimpleDataSource;

/** One PostgreSQL server. Thread-safe. */
public final class PostgresServer extends SqlServer {

    /** Schemas and their rights as a new server has them, and no settings of databases and roles. */
    private static final String RESET = """
            DO $$
            DECLARE
                it record;
            BEGIN
                FOR it IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
                LOOP
                    EXECUTE format('DROP SCHEMA %I CASCADE', it.nspname);
                END LOOP;
                CREATE SCHEMA public;
                IF current_setting('server_version_num')::int >= 150000 THEN
                    ALTER SCHEMA public OWNER TO pg_database_owner;
                    GRANT USAGE ON SCHEMA public TO PUBLIC;
                ELSE
                    GRANT ALL ON SCHEMA public TO PUBLIC;
                END IF;
                ALTER ROLE ALL RESET ALL;
                EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
                FOR it IN SELECT r.rolname, d.datname FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
                    LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setdatabase = 0 OR d.datname = current_database()
                LOOP
                    IF it.datname IS NULL THEN
                        EXECUTE format('ALTER ROLE %I RESET ALL', it.rolname);
                    ELSE
                        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', it.rolname, it.datname);
                    END IF;
                END LOOP;
            END
            $$""";

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
        return source(to);
    }

    @Override
    protected DataSource dataSource(SqlAddress to, Duration patience) {
        PGSimpleDataSource source = source(to);
        source.setSocketTimeout(Math.toIntExact(patience.toSeconds()));
        return source;
    }

    /** Asks for one value. */
    String ask(String sql, Duration patience) {
        try (Connection connection = connection(patience);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        } catch (SQLException e) {
            throw new ServerException(this + " did not answer " + sql, e);
        }
    }

    private static PGSimpleDataSource source(SqlAddress to) {
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
                // Of this session, whatever the test has set for all.
                "SET lock_timeout = '5s'",
                "SET statement_timeout = 0",
                "SET default_transaction_read_only = off",
                RESET,
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
