package dev.holdfast.testkit.redis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A line of {@code CLUSTER SLOTS}: who serves a range of slots, by port. */
record SlotRange(int first, int last, int primary, Set<Integer> replicas) {

    static List<SlotRange> ask(RedisServer node) {
        try (RespClient client = node.client()) {
            return ask(client);
        }
    }

    static List<SlotRange> ask(RespClient client) {
        List<SlotRange> ranges = new ArrayList<>();
        for (RedisReply line : client.call("CLUSTER", "SLOTS").list()) {
            List<RedisReply> parts = line.list();
            Set<Integer> replicas = new TreeSet<>();
            for (RedisReply replica : parts.subList(3, parts.size())) {
                replicas.add(port(replica));
            }
            ranges.add(new SlotRange(
                    Math.toIntExact(parts.get(0).number()),
                    Math.toIntExact(parts.get(1).number()),
                    port(parts.get(2)),
                    replicas));
        }
        ranges.sort(Comparator.comparingInt(SlotRange::first));
        return ranges;
    }

    private static int port(RedisReply node) {
        return Math.toIntExact(node.list().get(1).number());
    }

    boolean contains(int slot) {
        return first <= slot && slot <= last;
    }
}
