package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Who serves which slots, formed once and asked of the nodes each time. Immutable. */
final class ClusterTopology {

    private static final int PRIMARIES = 3;
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration GOSSIP_TIMEOUT = Duration.ofSeconds(10);

    private final RedisGroup group;
    private final List<RedisServer> nodes;

    ClusterTopology(RedisGroup group, List<RedisServer> nodes) {
        this.group = group;
        this.nodes = nodes;
    }

    /** Makes a cluster of nodes that do not know each other yet: the first half primaries, the second their replicas. */
    void form() {
        RedisServer first = nodes.get(0);
        for (int i = 0; i < nodes.size(); i++) {
            RedisServer node = nodes.get(i);
            node.command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            if (i < PRIMARIES) {
                addSlots(node, RedisCluster.SLOTS * i / PRIMARIES, RedisCluster.SLOTS * (i + 1) / PRIMARIES);
            }
            if (i > 0) {
                first.command("CLUSTER", "MEET", node.host(), Integer.toString(node.port()));
            }
        }
        Await.until(
                "all nodes know each other",
                READY_TIMEOUT,
                group::output,
                () -> nodes.stream().allMatch(this::knowsAll));
        for (int i = PRIMARIES; i < nodes.size(); i++) {
            nodes.get(i).command("CLUSTER", "REPLICATE", id(nodes.get(i - PRIMARIES)));
        }
        awaitReady();
    }

    private static void addSlots(RedisServer node, int from, int to) {
        List<String> command = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
        for (int slot = from; slot < to; slot++) {
            command.add(Integer.toString(slot));
        }
        node.command(command.toArray(String[]::new));
    }

    static String id(RedisServer node) {
        return String.valueOf(node.command("CLUSTER", "MYID").text());
    }

    List<RedisServer> primaries() {
        Set<Integer> ports = shared().stream().map(SlotRange::primary).collect(Collectors.toSet());
        return withPorts(ports);
    }

    List<RedisServer> replicasOf(RedisServer primary) {
        Set<Integer> ports = shared().stream()
                .filter(range -> range.primary() == primary.port())
                .flatMap(range -> range.replicas().stream())
                .collect(Collectors.toSet());
        return withPorts(ports);
    }

    private List<RedisServer> withPorts(Set<Integer> ports) {
        return nodes.stream().filter(node -> ports.contains(node.port())).toList();
    }

    /** The view that most nodes share. */
    private List<SlotRange> shared() {
        return RedisGroup.ask(nodes, SlotRange::ask).stream()
                .collect(Collectors.groupingBy(view -> view, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElseThrow(() -> new ServerException("no node answers" + group.output()));
    }

    /** The node that most nodes call primary of a slot. */
    RedisServer primaryOf(int slot) {
        Map<Integer, Integer> votes = new HashMap<>();
        for (List<SlotRange> view : RedisGroup.ask(nodes, SlotRange::ask)) {
            for (SlotRange range : view) {
                if (range.contains(slot)) {
                    votes.merge(range.primary(), 1, Integer::sum);
                }
            }
        }
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .flatMap(winner -> withPorts(Set.of(winner.getKey())).stream().findFirst())
                .orElseThrow(() -> new ServerException("nobody serves slot " + slot + group.output()));
    }

    void awaitOwner(int slot, RedisServer owner) {
        Predicate<List<SlotRange>> knows =
                view -> view.stream().anyMatch(range -> range.contains(slot) && range.primary() == owner.port());
        Await.until(
                "all nodes know that " + owner + " has slot " + slot,
                GOSSIP_TIMEOUT,
                group::output,
                () -> RedisGroup.ask(nodes, SlotRange::ask).stream().allMatch(knows));
    }

    void awaitReplacementOf(RedisServer broken) {
        List<RedisServer> others = nodes.stream()
                .filter(node -> node != broken && RedisGroup.isAwake(node))
                .toList();
        Await.until("all slots of " + broken + " are served by another", FAILOVER_TIMEOUT, group::output, () -> {
            List<List<SlotRange>> views = RedisGroup.ask(others, SlotRange::ask);
            return views.size() == others.size()
                    && views.stream().flatMap(List::stream).noneMatch(range -> range.primary() == broken.port())
                    && others.stream().allMatch(ClusterTopology::servesAllSlots);
        });
    }

    void awaitReady() {
        Await.until("the cluster serves all slots and all replicas are attached", READY_TIMEOUT, group::output, () -> {
            List<SlotRange> shared = SlotRange.ask(nodes.get(0));
            return shared.stream().map(SlotRange::primary).distinct().count() == PRIMARIES
                    && shared.stream().noneMatch(range -> range.replicas().isEmpty())
                    && nodes.stream()
                            .allMatch(node ->
                                    isComplete(node) && SlotRange.ask(node).equals(shared));
        });
    }

    private boolean isComplete(RedisServer node) {
        boolean attached = node.info("role").orElse("").equals("master")
                || node.info("master_link_status").orElse("").equals("up");
        return attached && servesAllSlots(node) && knowsAll(node);
    }

    private static boolean servesAllSlots(RedisServer node) {
        String info = String.valueOf(node.command("CLUSTER", "INFO").text());
        return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:" + RedisCluster.SLOTS);
    }

    private boolean knowsAll(RedisServer node) {
        List<String> known =
                String.valueOf(node.command("CLUSTER", "NODES").text()).lines().toList();
        return known.size() == nodes.size()
                && known.stream()
                        .noneMatch(line -> line.contains("handshake") || line.contains("fail") || line.contains(":0@"))
                && known.stream()
                        .allMatch(line -> Arrays.asList(line.split(" ")).contains("connected"));
    }
}
