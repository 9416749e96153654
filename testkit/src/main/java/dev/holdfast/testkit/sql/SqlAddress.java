package dev.holdfast.testkit.sql;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.process.TestkitProperty;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
        POSTGRESQL("jdbc:postgresql", "postgres", 5432, "postgres|postgresql"),
        /** MariaDB. */
        MARIADB("jdbc:mariadb", "mysql", 3306, "mysql|mariadb");

        private final String jdbcScheme;
        private final String scheme;
        private final int port;
        private final String known;

        Kind(String jdbcScheme, String scheme, int port, String known) {
            this.jdbcScheme = jdbcScheme;
            this.scheme = scheme;
            this.port = port;
            this.known = known;
        }
    }

    /**
     * Reads the address of a server that runs already from a property of the testkit.
     *
     * @param kind what must be there
     * @param property the property, which holds a URL as {@link #url()} or {@link #jdbcUrl()} return it, the latter with
     *     {@code ?user=...&password=...}
     * @return the address
     * @throws UnsupportedServerException if the property is not set
     * @throws IllegalArgumentException if it holds something else; the message does not repeat it, for it may have a password
     */
    public static SqlAddress external(Kind kind, String property) {
        String url = TestkitProperty.get(property)
                .orElseThrow(() -> new UnsupportedServerException(ServerSource.PROPERTY + " is " + ServerSource.EXTERNAL
                        + ", but no " + property + " (or " + TestkitProperty.variable(property) + ") says where"));
        return parse(kind, url)
                .orElseThrow(() -> new IllegalArgumentException(property + " must be like " + kind.scheme
                        + "://user:password@host:port/database or " + kind.jdbcScheme
                        + "://host:port/database?user=...&password=..."));
    }

    static Optional<SqlAddress> parse(Kind kind, String url) {
        URI uri;
        try {
            uri = new URI(url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
        String database = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("^/", "");
        Map<String, String> parameters = parameters(uri.getRawQuery());
        String[] credentials = uri.getRawUserInfo() == null
                ? new String[] {parameters.getOrDefault("user", ""), parameters.getOrDefault("password", "")}
                : (uri.getRawUserInfo() + ":").split(":", -1);
        if (!String.valueOf(uri.getScheme()).matches(kind.known)
                || uri.getHost() == null
                || database.isEmpty()
                || credentials[0].isEmpty()) {
            return Optional.empty();
        }
        int port = uri.getPort() < 0 ? kind.port : uri.getPort();
        return Optional.of(new SqlAddress(
                kind, uri.getHost(), port, decode(database), decode(credentials[0]), decode(credentials[1])));
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : query == null ? new String[0] : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                parameters.put(parameter.substring(0, equals), parameter.substring(equals + 1));
            }
        }
        return parameters;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
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
