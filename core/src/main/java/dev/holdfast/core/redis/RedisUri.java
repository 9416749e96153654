package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Secrets;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection URI taken apart, with every problem that was found in it.
 *
 * <p>Not {@link java.net.URI}: that knows one host, and its messages quote the password. Immutable.
 */
final class RedisUri {
    private static final Map<String, RedisMode> SCHEMES = Map.of(
            "redis", RedisMode.STANDALONE,
            "rediss", RedisMode.STANDALONE,
            "redis-sentinel", RedisMode.SENTINEL,
            "rediss-sentinel", RedisMode.SENTINEL,
            "redis-cluster", RedisMode.CLUSTER,
            "rediss-cluster", RedisMode.CLUSTER);
    private static final int REDIS_PORT = 6379;
    private static final int SENTINEL_PORT = 26_379;
    private static final String FORM = "write redis://[user[:password]@]host[:port][/db]";

    private final List<Problem> problems = new ArrayList<>();
    private final List<HostPort> hosts = new ArrayList<>();
    private RedisMode mode = RedisMode.STANDALONE;
    private boolean tls;
    private @Nullable String username;
    private @Nullable String password;
    private @Nullable String rawPassword;
    private @Nullable String primaryName;
    private int database;
    private String masked = "";

    private RedisUri() {}

    /** Takes a URI apart; never throws, see {@link #problems()}. */
    static RedisUri parse(@Nullable String text) {
        RedisUri uri = new RedisUri();
        if (text == null || text.isBlank()) {
            uri.problem("redis.uri", "", "there is none", FORM + ", or use RedisLink.disabled()");
            return uri;
        }
        uri.read(text.strip());
        return uri;
    }

    private void read(String text) {
        int colon = text.indexOf("://");
        String scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        RedisMode known = SCHEMES.get(scheme);
        if (colon < 0) {
            problem("redis.uri", hideUser(text), "not a URI", FORM);
            return;
        }
        if (known == null) {
            problem(
                    "redis.uri.scheme",
                    scheme,
                    "unknown scheme",
                    "use one of "
                            + String.join(
                                    ", ", SCHEMES.keySet().stream().sorted().toList()));
        } else {
            mode = known;
            tls = scheme.startsWith("rediss");
        }
        String rest = text.substring(colon + 3);
        int hash = rest.indexOf('#', Math.max(0, rest.lastIndexOf('@')));
        String fragment = hash < 0 ? "" : rest.substring(hash + 1);
        rest = hash < 0 ? rest : rest.substring(0, hash);
        // A password may hold an unescaped '@': the last one ends it.
        int at = rest.lastIndexOf('@');
        if (at >= 0) {
            readUserInfo(rest.substring(0, at));
        }
        String place = rest.substring(at + 1);
        int query = place.indexOf('?');
        if (query >= 0) {
            // Names only: a value may be a password.
            String names = place.substring(query + 1).replaceAll("=[^&]*", "");
            problem(
                    "redis.uri.query",
                    "?" + names,
                    "parameters are not understood",
                    "use the builder's methods for " + names);
            place = place.substring(0, query);
        }
        int slash = place.indexOf('/');
        readHosts(slash < 0 ? place : place.substring(0, slash));
        readDatabase(slash < 0 ? "" : place.substring(slash + 1));
        readPrimaryName(fragment);
        masked = scheme + "://" + (username == null ? "" : username) + (password == null ? "" : ":" + Secrets.MASK)
                + (at < 0 ? "" : "@") + place + (fragment.isEmpty() ? "" : "#" + fragment);
    }

    private static String hideUser(String text) {
        int at = text.lastIndexOf('@');
        return at < 0 ? Secrets.mask(text) : Secrets.MASK + text.substring(at);
    }

    private void readUserInfo(String userInfo) {
        int colon = userInfo.indexOf(':');
        if (colon < 0) {
            // Some clients take this for a password; printing it could give one away.
            problem(
                    "redis.uri.credentials",
                    Secrets.MASK + "@",
                    "a user without a password",
                    "write user:password@, or :password@ for a password alone");
            return;
        }
        rawPassword = userInfo.substring(colon + 1);
        try {
            String user = decode(userInfo.substring(0, colon));
            username = user.isEmpty() ? null : user;
            password = decode(rawPassword);
        } catch (IllegalArgumentException e) {
            password = rawPassword;
            problem(
                    "redis.uri.credentials",
                    Secrets.MASK + "@",
                    "malformed percent-encoding in user or password",
                    "write each '%' as %25");
        }
    }

    private static String decode(String text) {
        // URLDecoder is for forms, where '+' is a blank; here it is a plus.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private void readHosts(String list) {
        int defaultPort = mode == RedisMode.SENTINEL ? SENTINEL_PORT : REDIS_PORT;
        for (String item : list.split(",", -1)) {
            readHost(item.strip(), defaultPort);
        }
        if (mode == RedisMode.STANDALONE && hosts.size() > 1) {
            problem(
                    "redis.uri.host",
                    list,
                    "several hosts for one server",
                    "name one, or use redis-sentinel:// or redis-cluster://");
        }
    }

    private void readHost(String item, int defaultPort) {
        int end = item.startsWith("[") ? item.indexOf(']') : -1;
        int colon = item.indexOf(':', Math.max(end, 0));
        String host = end > 0 ? item.substring(1, end) : colon < 0 ? item : item.substring(0, colon);
        String port = colon < 0 ? "" : item.substring(colon + 1);
        if (host.isEmpty() || !host.matches("[A-Za-z0-9._:%-]+")) {
            problem("redis.uri.host", item, host.isEmpty() ? "no host" : "not a host name", FORM);
            return;
        }
        int number = port.isEmpty() ? defaultPort : number(port);
        if (number < 1 || number > 65_535) {
            problem(
                    "redis.uri.port",
                    port,
                    "out of range 1..65535",
                    "use the port that Redis listens on, usually " + defaultPort);
            return;
        }
        hosts.add(new HostPort(host, number));
    }

    private void readDatabase(String path) {
        if (path.isEmpty()) {
            return;
        }
        database = number(path);
        if (database < 0) {
            problem("redis.uri.db", path, "not a database number", "use a number from 0, usually below 16");
        } else if (database > 0 && mode == RedisMode.CLUSTER) {
            problem("redis.uri.db", path, "a cluster has database 0 only", "leave it away");
        }
    }

    private void readPrimaryName(String fragment) {
        if (mode == RedisMode.SENTINEL) {
            primaryName = fragment;
            if (fragment.isEmpty()) {
                problem(
                        "redis.uri.primary",
                        "",
                        "no name of the primary",
                        "append #name as in 'sentinel monitor <name> …', e.g. #mymaster");
            }
        } else if (!fragment.isEmpty()) {
            problem(
                    "redis.uri.fragment",
                    fragment,
                    "only Sentinel URIs name a primary",
                    "use redis-sentinel:// or leave '#" + fragment + "' away");
        }
    }

    /** The number, or -1 if it is none or too large. */
    private static int number(String digits) {
        return digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : -1;
    }

    private void problem(String code, String value, String message, String remedy) {
        problems.add(Problem.error(code, "uri", value, message, remedy));
    }

    List<Problem> problems() {
        return problems;
    }

    RedisMode mode() {
        return mode;
    }

    boolean tls() {
        return tls;
    }

    List<HostPort> hosts() {
        return hosts;
    }

    @Nullable
    String username() {
        return username;
    }

    @Nullable
    String password() {
        return password;
    }

    /** The password as it stands in the URI, still percent-encoded. */
    @Nullable
    String rawPassword() {
        return rawPassword;
    }

    String primaryName() {
        return primaryName == null ? "" : primaryName;
    }

    int database() {
        return database;
    }

    /** The URI without its password. */
    @Override
    public String toString() {
        return masked;
    }
}
