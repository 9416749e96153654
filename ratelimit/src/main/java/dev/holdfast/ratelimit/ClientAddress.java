package dev.holdfast.ratelimit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whose request it is that came through proxies, without believing what a client says of itself.
 *
 * <p>{@code X-Forwarded-For} is a list to which each proxy appends the address that it was called from, so it is read from
 * its end: as long as the address that called is one of the trusted proxies, the entry it left counts, and the first address
 * that is not trusted is the client. What stands before it may be invented. Without trusted proxies the header is ignored.
 *
 * <p>An IPv6 address is cut to its first 64 bits, since one customer has at least as many addresses as there are beyond
 * them. Immutable and thread-safe; never asks a name server.
 */
public final class ClientAddress {
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final ClientAddress DIRECT = new ClientAddress(List.of(), 64);

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Network(byte[] address, int bits) {
        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = bits - bit >= 8 ? 0xFF : (0xFF << (8 - (bits - bit))) & 0xFF;
                if ((address[bit / 8] & mask) != (other[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Network> trusted;
    private final int ipv6Prefix;

    private ClientAddress(List<Network> trusted, int ipv6Prefix) {
        this.trusted = trusted;
        this.ipv6Prefix = ipv6Prefix;
    }

    /**
     * Nobody is trusted: the address that the connection comes from is the client's.
     *
     * @return for servers that clients reach without a proxy
     */
    public static ClientAddress direct() {
        return DIRECT;
    }

    /**
     * Trusts what some proxies say.
     *
     * @param proxies their addresses or networks, such as {@code 10.0.0.0/8} or {@code fd00::/8}; at least one
     * @return for servers that are only reached through them
     * @throws IllegalArgumentException if one of them is neither, or none is given
     */
    public static ClientAddress behind(String... proxies) {
        if (proxies.length == 0) {
            throw new IllegalArgumentException(
                    "no proxy is named: give addresses or networks such as 10.0.0.0/8, or use direct()");
        }
        List<Network> networks = new ArrayList<>();
        for (String proxy : proxies) {
            networks.add(network(proxy));
        }
        return new ClientAddress(List.copyOf(networks), 64);
    }

    /**
     * Sets how many bits of an IPv6 address tell one client from another.
     *
     * @param bits 32 to 128; 64 is the default
     * @return such a rule
     * @throws IllegalArgumentException if it is out of that range
     */
    public ClientAddress ipv6Prefix(int bits) {
        if (bits < 32 || bits > 128) {
            throw new IllegalArgumentException(
                    "ipv6Prefix " + bits + " is out of 32..128: 64 is one network, 56 or 48 one customer");
        }
        return new ClientAddress(trusted, bits);
    }

    /**
     * The client's address.
     *
     * @param peer where the connection comes from, as text
     * @param forwardedFor all values of {@code X-Forwarded-For}, in their order; null or empty if there is none
     * @return the address as text, IPv6 as a network such as {@code 2001:db8:0:1:0:0:0:0/64}; if the peer is not an IP
     *     address, its text
     */
    public String of(String peer, @Nullable Collection<String> forwardedFor) {
        byte[] address = parse(peer);
        if (address == null) {
            return peer;
        }
        if (forwardedFor == null || forwardedFor.isEmpty() || !trusts(address)) {
            return text(address);
        }
        List<String> hops = new ArrayList<>();
        for (String value : forwardedFor) {
            hops.addAll(Arrays.asList(value.split(",")));
        }
        Collections.reverse(hops);
        for (String hop : hops) {
            byte[] next = parse(hop.trim());
            if (next == null) {
                break; // "unknown", or nonsense: the proxy that left it is the last one known.
            }
            address = next;
            if (!trusts(address)) {
                break;
            }
        }
        return text(address);
    }

    private boolean trusts(byte[] address) {
        for (Network network : trusted) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }

    private String text(byte[] address) {
        byte[] shown = address.clone();
        for (int bit = ipv6Prefix; shown.length == 16 && bit < 128; bit++) {
            shown[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        try {
            String text = InetAddress.getByAddress(shown).getHostAddress();
            return shown.length == 16 && ipv6Prefix < 128 ? text + "/" + ipv6Prefix : text;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    private static Network network(String text) {
        int slash = text.indexOf('/');
        byte[] address = parse(slash < 0 ? text : text.substring(0, slash));
        int bits = -1;
        if (address != null) {
            try {
                bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
            } catch (NumberFormatException e) {
                bits = -1;
            }
        }
        if (address == null || bits < 0 || bits > address.length * 8) {
            throw new IllegalArgumentException("proxy '" + text
                    + "' is neither an address nor a network: write it like 10.1.2.3, 10.0.0.0/8 or fd00::/8");
        }
        return new Network(address, bits);
    }

    /** An address with or without port, brackets and zone; IPv4 within IPv6 is IPv4. Null if it is none. */
    private static byte @Nullable [] parse(String text) {
        String host = text;
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            if (end < 0) {
                return null;
            }
            host = host.substring(1, end);
        } else if (host.indexOf(':') == host.lastIndexOf(':') && host.indexOf(':') > 0) {
            host = host.substring(0, host.indexOf(':'));
        }
        int zone = host.indexOf('%');
        if (zone >= 0) {
            host = host.substring(0, zone);
        }
        return host.indexOf(':') < 0 ? ipv4(host) : ipv6(host);
    }

    private static byte @Nullable [] ipv4(String host) {
        Matcher matcher = IPV4.matcher(host);
        if (!matcher.matches()) {
            return null;
        }
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            int part = Integer.parseInt(matcher.group(i + 1));
            if (part > 255) {
                return null;
            }
            address[i] = (byte) part;
        }
        return address;
    }

    private static byte @Nullable [] ipv6(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c != ':' && c != '.' && Character.digit(c, 16) < 0) {
                return null;
            }
        }
        try {
            // With a colon it is a literal or an error, never looked up.
            return InetAddress.getByName(host).getAddress();
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
