package dev.holdfast.core.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What one node says about its cluster: the reply to CLUSTER NODES, primaries only.
 *
 * @param primaries those with slots
 */
record ClusterView(List<Primary> primaries) {

    /**
     * One primary as a node sees it.
     *
     * @param address where to connect to, as the mapper translates it
     * @param epoch its configuration epoch; of two that claim a slot the one with the higher epoch owns it
     * @param ranges first and last slot of each range, inclusive
     */
    record Primary(HostPort address, long epoch, List<int[]> ranges) {}

    /**
     * Reads a reply.
     *
     * @param reply one line per node: {@code id ip:port@cport[,hostname] flags master ping pong epoch link slots…}
     * @param asked the node that answered, which may not know its own address
     * @param byName whether a host name is better than an address, as for certificates
     * @param mapper translates addresses
     * @throws IllegalArgumentException if it is no such reply
     */
    static ClusterView parse(String reply, HostPort asked, boolean byName, UnaryOperator<HostPort> mapper) {
        List<Primary> primaries = new ArrayList<>();
        for (String line : reply.lines().toList()) {
            String[] fields = line.strip().split(" ", -1);
            if (fields.length < 8) {
                continue;
            }
            List<String> flags = List.of(fields[2].split(",", -1));
            List<int[]> ranges = ranges(fields);
            if (flags.contains("master")
                    && !flags.contains("noaddr")
                    && !flags.contains("handshake")
                    && !ranges.isEmpty()) {
                HostPort address = mapper.apply(address(fields[1], asked, byName));
                primaries.add(new Primary(address, Long.parseLong(fields[6]), ranges));
            }
        }
        return new ClusterView(List.copyOf(primaries));
    }

    private static HostPort address(String text, HostPort asked, boolean byName) {
        String[] parts = text.split(",", -1);
        int at = parts[0].indexOf('@');
        String endpoint = at < 0 ? parts[0] : parts[0].substring(0, at);
        int colon = endpoint.lastIndexOf(':');
        String host = endpoint.substring(0, colon);
        if (byName && parts.length > 1 && !parts[1].isEmpty() && parts[1].indexOf('=') < 0) {
            host = parts[1];
        }
        return new HostPort(host.isEmpty() ? asked.host() : host, Integer.parseInt(endpoint.substring(colon + 1)));
    }

    private static List<int[]> ranges(String[] fields) {
        List<int[]> ranges = new ArrayList<>();
        for (int i = 8; i < fields.length; i++) {
            // [slot->-node] and [slot-<-node] are migrations under way: the slot is still where it was.
            if (!fields[i].startsWith("[")) {
                String[] ends = fields[i].split("-", -1);
                int first = Integer.parseInt(ends[0]);
                ranges.add(new int[] {first, ends.length > 1 ? Integer.parseInt(ends[1]) : first});
            }
        }
        return ranges;
    }
}
