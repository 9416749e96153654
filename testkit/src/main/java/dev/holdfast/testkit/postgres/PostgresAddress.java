package dev.holdfast.testkit.postgres;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Where a database is and how to log in to it. */
record PostgresAddress(String host, int port, String database, String user, String password) {

    PostgresAddress withDatabase(String name) {
        return new PostgresAddress(host, port, name, user, password);
    }

    String jdbcUrl() {
        return "jdbc:postgresql://" + host + ":" + port + "/" + encode(database);
    }

    String url() {
        return "postgres://" + encode(user) + ":" + encode(password) + "@" + host + ":" + port + "/" + encode(database);
    }

    DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {host});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password);
        return source;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "postgres://" + encode(user) + "@" + host + ":" + port + "/" + encode(database);
    }
}
