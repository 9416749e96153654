package dev.holdfast.core.redis;

import java.util.Locale;

/**
 * Where a server listens.
 *
 * @param host a name or an address, IPv6 without brackets
 * @param port 1..65535
 */
public record HostPort(String host, int port) {

    /**
     * Checks the port and folds the host to lower case, so that equal servers are equal values.
     *
     * @throws IllegalArgumentException if the host is empty or the port out of range
     */
    public HostPort {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("host is empty: name the server");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is out of range 1..65535");
        }
        host = host.toLowerCase(Locale.ROOT);
    }

    /**
     * Whether this is the machine itself, by name or address.
     *
     * @return true for {@code localhost}, {@code 127.*} and {@code ::1}
     */
    public boolean isLoopback() {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
