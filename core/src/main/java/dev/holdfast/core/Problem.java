package dev.holdfast.core;

import java.util.Objects;

/**
 * One finding about a configuration or a server: what is wrong, where, and what to do.
 *
 * <p>Immutable; the same shape for settings, pool rules and server checks. The value is shown to people, so secrets must
 * be masked before they get here.
 *
 * @param code stable identifier for silencing and for documentation, such as {@code redis.uri.scheme}
 * @param severity how much it matters
 * @param property the setting as its user knows it, such as {@code commandTimeout} or {@code maxmemory-policy}
 * @param value the offending value as text, secrets masked; empty if there is none
 * @param message what is wrong with it, in one sentence
 * @param remedy what to change, in one sentence
 */
public record Problem(String code, Severity severity, String property, String value, String message, String remedy) {

    /**
     * Checks that no component is null.
     *
     * @throws NullPointerException if a component is null
     */
    public Problem {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(property, "property");
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(remedy, "remedy");
    }

    /**
     * A problem that production refuses to start with.
     *
     * @param code stable identifier
     * @param property the setting
     * @param value its value, secrets masked
     * @param message what is wrong
     * @param remedy what to change
     * @return the problem
     */
    public static Problem error(String code, String property, Object value, String message, String remedy) {
        return new Problem(code, Severity.ERROR, property, String.valueOf(value), message, remedy);
    }

    /**
     * A problem that is reported but not fatal.
     *
     * @param code stable identifier
     * @param property the setting
     * @param value its value, secrets masked
     * @param message what is wrong
     * @param remedy what to change
     * @return the problem
     */
    public static Problem warning(String code, String property, Object value, String message, String remedy) {
        return new Problem(code, Severity.WARNING, property, String.valueOf(value), message, remedy);
    }

    /**
     * Renders the problem on one line, as logs and exceptions show it.
     *
     * @return for example {@code ERROR port '70000': out of range 1..65535: use the port Redis listens on [redis.uri.port]}
     */
    @Override
    public String toString() {
        String shown = value.isEmpty() ? "" : " '" + value + "'";
        return severity + " " + property + shown + ": " + message + ": " + remedy + " [" + code + "]";
    }
}
