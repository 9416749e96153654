package dev.holdfast.testkit.sql;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * Where a database is, and how to log in to it.
 *
 * @param kind what URLs begin with
 * @param host a name or address
 * @param port the port
 * @param database the name of the database
 * @param user the name to log in with
 * @param password the password to log in with
 */
public record SqlAddress(Kind kind, String host, int port, String database, String user, String password) {

    /** A database product. */
    public enum Kind {
        /** PostgreSQL. */
        POSTGRESQL("jdbc:postgresql", "postgres"),
        /** MariaDB. */
        MARIADB("jdbc:mariadb", "mysql");

        private final String jdbcScheme;
        private final String scheme;

        Kind(String jdbcScheme, String scheme) {
            this.jdbcScheme = jdbcScheme;
            this.scheme = scheme;
        }
    }

    /**
     * Returns the address of another database on the same server.
     *
     * @param name the name of the other database
     * @return its address
     */
    public SqlAddress withDatabase(String name) {
        return new SqlAddress(kind, host, port, name, user, password);
    }

    /**
     * Returns the address as JDBC writes it.
     *
     * @return {@code jdbc:postgresql://host:port/database} or {@code jdbc:mariadb://...}, without credentials
     */
    public String jdbcUrl() {
        return kind.jdbcScheme + "://" + host + ":" + port + "/" + encode(database);
    }

    /**
     * Returns the address as most other tools write it.
     *
     * @return {@code postgres://user:password@host:port/database} or {@code mysql://...}
     */
    public String url() {
        return kind.scheme + "://" + encode(user) + ":" + encode(password) + "@" + host + ":" + port + "/"
                + encode(database);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Without the password. */
    @Override
    public String toString() {
        return kind.scheme + "://" + encode(user) + "@" + host + ":" + port + "/" + encode(database);
    }
}
