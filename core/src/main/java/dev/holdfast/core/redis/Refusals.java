package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.RedisCommandExecutionException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Tells a server that is away from one that answered and will not have us. Stateless. */
final class Refusals {
    private Refusals() {}

    /** A {@link RefusedException} if the failure is a refusal, otherwise the failure freed of wrappers and secrets. */
    static Throwable of(Throwable failure, HostPort address, Role role, LinkSettings settings) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof RefusedException) {
                return t;
            }
            if (t instanceof SSLException && isInterrupted(t)) {
                return new RedisException(
                        address + " did not finish the TLS handshake; it is frozen, or does not speak TLS at that port",
                        false,
                        settings.secrets().clean(t));
            }
            if (t instanceof CertificateException || t instanceof SSLException) {
                return tls(t, address, settings);
            }
            String message = t.getMessage();
            if (t instanceof io.lettuce.core.RedisException && message != null) {
                Problem problem = byReply(message, address, role, settings);
                if (problem != null) {
                    return new RefusedException(problem, true, null);
                }
            }
        }
        return settings.secrets().clean(Failures.unwrap(failure));
    }

    /** Whether a command failed only because the server does not know it or does not let us use it. */
    static boolean isNotPermitted(Throwable failure) {
        Throwable t = Failures.unwrap(failure);
        String message = String.valueOf(t.getMessage());
        return t instanceof RedisCommandExecutionException
                && (message.startsWith("NOPERM") || message.contains("unknown command"));
    }

    private static @Nullable Problem byReply(String message, HostPort address, Role role, LinkSettings settings) {
        String masked = settings.secrets().mask(message);
        String upper = message.toUpperCase(Locale.ROOT);
        boolean data = role == Role.PRIMARY;
        String name = data ? settings.username() : settings.sentinelUsername();
        String user = name == null ? "default" : name;
        String property = data ? "password" : "sentinelCredentials";
        if (upper.startsWith("WRONGPASS") || upper.startsWith("ERR INVALID PASSWORD")) {
            return Problem.error(
                    "redis.auth.wrong",
                    property,
                    "***",
                    address + " refused user '" + user + "': " + masked,
                    "correct user and password");
        }
        if (upper.startsWith("NOAUTH")) {
            return Problem.error(
                    "redis.auth.missing",
                    property,
                    "",
                    address + " wants a password: " + masked,
                    data ? "put user and password into the URI or the builder" : "set sentinelCredentials(…)");
        }
        if (upper.startsWith("ERR AUTH") || upper.startsWith("ERR CLIENT SENT AUTH")) {
            return Problem.error(
                    "redis.auth.unexpected",
                    property,
                    "***",
                    address + " has no password set: " + masked,
                    "leave the password away, or set one on the server");
        }
        if (upper.startsWith("NOPERM")) {
            return Problem.error(
                    "redis.auth.permission",
                    "username",
                    user,
                    address + " does not permit it: " + masked,
                    "extend the ACL rules of the user");
        }
        if (upper.startsWith("DENIED")) {
            return Problem.error(
                    "redis.protected",
                    "uri",
                    address,
                    "the server is in protected mode",
                    "set a password or protected-mode no on the server");
        }
        if (upper.contains("DB INDEX") || upper.contains("SELECT IS NOT ALLOWED")) {
            return Problem.error(
                    "redis.uri.db",
                    "uri",
                    settings.uri().database(),
                    address + " has no such database: " + masked,
                    "use a database the server has, e.g. 0");
        }
        return null;
    }

    /** Whether the TLS handshake broke off for no fault of either side's settings. */
    private static boolean isInterrupted(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("timed out") || message.contains("closed");
    }

    private static RefusedException tls(Throwable failure, HostPort address, LinkSettings settings) {
        String masked = settings.secrets().mask(failure.getMessage());
        Problem problem = masked.contains("not an SSL/TLS record")
                ? Problem.error(
                        "redis.tls.plaintext",
                        "uri",
                        address,
                        "the server does not speak TLS there",
                        "use the redis scheme, or the server's TLS port")
                : Problem.error(
                        "redis.tls.untrusted",
                        "tls",
                        address,
                        "TLS failed: " + masked,
                        "trust the server's authority by tlsAuthorities(…), and name the host that its certificate is for");
        return new RefusedException(problem, true, settings.secrets().clean(failure));
    }
}
