package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.tls.TestAuthority;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a server is and how to log in.
 *
 * @param user null for the default user
 * @param password null where none is needed
 */
record RedisAddress(
        String host,
        int port,
        boolean tls,
        @Nullable String user,
        @Nullable String password,
        int database) {

    private static final int DEFAULT_PORT = 6379;

    static RedisAddress of(String host, int port, RedisSettings settings) {
        return new RedisAddress(host, port, settings.tls != null, null, settings.password, 0);
    }

    /** Reads {@code redis[s]://[[user]:password@]host[:port][/database]}; the message never has the password. */
    static RedisAddress parse(String property, String url) {
        String rule = property + " must look like redis://[[user]:password@]host[:port][/database] or rediss://...";
        try {
            URI uri = new URI(url);
            boolean tls = "rediss".equals(uri.getScheme());
            if (!tls && !"redis".equals(uri.getScheme())) {
                throw new IllegalArgumentException(rule);
            }
            if (uri.getHost() == null) {
                throw new IllegalArgumentException(rule);
            }
            String path = uri.getPath() == null ? "" : uri.getPath();
            int database = path.length() <= 1 ? 0 : Integer.parseInt(path.substring(1));
            String login = uri.getRawUserInfo();
            int colon = login == null ? -1 : login.indexOf(':');
            return new RedisAddress(
                    uri.getHost(),
                    uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                    tls,
                    login == null || colon == 0 ? null : decode(colon < 0 ? login : login.substring(0, colon)),
                    login == null || colon < 0 ? null : decode(login.substring(colon + 1)),
                    database);
        } catch (URISyntaxException | NumberFormatException e) {
            // Without the cause, whose message repeats the URL with its password.
            throw new IllegalArgumentException(rule);
        }
    }

    RedisAddress as(String otherUser, String otherPassword) {
        return new RedisAddress(host, port, tls, otherUser, otherPassword, database);
    }

    String uri() {
        String login = password == null ? "" : (user == null ? "" : encode(user)) + ":" + encode(password) + "@";
        return (tls ? "rediss" : "redis") + "://" + login + host + ":" + port + (database == 0 ? "" : "/" + database);
    }

    /** Connects and logs in. */
    RespClient connect(Duration timeout) {
        // The testkit looks into servers whose certificate is wrong on purpose.
        RespClient client = RespClient.connect(host, port, tls ? TestAuthority.uncheckedSslContext() : null, timeout);
        try {
            if (password != null && user != null) {
                client.call("AUTH", user, password);
            } else if (password != null) {
                client.call("AUTH", password);
            }
            if (database != 0) {
                client.call("SELECT", Integer.toString(database));
            }
            return client;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The address without credentials. */
    @Override
    public String toString() {
        return new RedisAddress(host, port, tls, null, null, database).uri();
    }
}
