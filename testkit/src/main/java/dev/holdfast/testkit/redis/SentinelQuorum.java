package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Await;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** What the sentinels of a group know, asked of them each time. Immutable. */
final class SentinelQuorum {

    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration PROMOTION_TIMEOUT = Duration.ofSeconds(30);

    /** Sentinels greet each other every two seconds, and ask a primary for its replicas every ten. */
    private static final Duration REDISCOVERY = Duration.ofSeconds(15);

    private final String masterName;
    private final RedisGroup group;
    private final List<RedisServer> nodes;
    private final List<RedisServer> sentinels;

    SentinelQuorum(String masterName, RedisGroup group, List<RedisServer> nodes, List<RedisServer> sentinels) {
        this.masterName = masterName;
        this.group = group;
        this.nodes = nodes;
        this.sentinels = sentinels;
    }

    /** The node that most sentinels call primary, whether it runs or not. */
    RedisServer primary() {
        Map<Integer, Integer> votes = new HashMap<>();
        for (Integer port : RedisGroup.ask(sentinels, this::primaryPort)) {
            votes.merge(port, 1, Integer::sum);
        }
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(winner -> node(winner.getKey()))
                .orElseThrow(() -> new ServerException("no sentinel answers" + group.output()));
    }

    private RedisServer node(int port) {
        return nodes.stream()
                .filter(node -> node.port() == port)
                .findFirst()
                .orElseThrow(() -> new ServerException(
                        "the sentinels name a primary on port " + port + ", which is none of " + nodes));
    }

    private int primaryPort(RespClient sentinel) {
        List<RedisReply> address =
                sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName).list();
        return Math.toIntExact(address.get(1).number());
    }

    void awaitReplacementOf(RedisServer previous) {
        Await.until(
                "another primary than " + previous + " is promoted",
                PROMOTION_TIMEOUT,
                group::output,
                () -> agreedPrimary().filter(primary -> primary != previous).isPresent());
    }

    /** The primary that all sentinels name who can be asked, if it runs and knows that it is one. */
    private Optional<RedisServer> agreedPrimary() {
        List<Integer> named = RedisGroup.ask(sentinels, this::primaryPort);
        if (named.isEmpty() || named.stream().distinct().count() > 1) {
            return Optional.empty();
        }
        RedisServer primary = node(named.get(0));
        return RedisGroup.isAwake(primary) && isPrimary(primary) ? Optional.of(primary) : Optional.empty();
    }

    private static boolean isPrimary(RedisServer node) {
        return "master".equals(node.info("role").orElse(""));
    }

    private static boolean follows(RedisServer node, RedisServer primary) {
        return !isPrimary(node)
                && Integer.toString(primary.port())
                        .equals(node.info("master_port").orElse(""));
    }

    void awaitReady() {
        Await.until("the sentinels know all of " + nodes, READY_TIMEOUT, group::output, this::isReady);
    }

    /** Whether all run, replicate from the same primary and know each other. */
    boolean isReady() {
        if (!nodes.stream().allMatch(RedisGroup::isAwake)) {
            return false;
        }
        Optional<RedisServer> primary = agreedPrimary();
        return primary.isPresent() && replicationIsUp(primary.get()) && all(this::knowsAll);
    }

    /** Waits as {@link #awaitReady()} does, and meanwhile does for the sentinels what would take them long. */
    void heal() {
        AtomicLong nextReset = new AtomicLong(System.nanoTime());
        Await.until("the sentinels know all of " + nodes, READY_TIMEOUT, group::output, () -> {
            if (isReady()) {
                return true;
            }
            agreedPrimary().ifPresent(primary -> {
                followAll(primary);
                if (System.nanoTime() - nextReset.get() >= 0 && mayBeReset(primary)) {
                    // What they forget they find again: replicas by the next INFO, each other by the next greetings.
                    RedisGroup.ask(sentinels, sentinel -> sentinel.call("SENTINEL", "RESET", masterName));
                    nextReset.set(System.nanoTime() + REDISCOVERY.toNanos());
                }
            });
            return false;
        });
    }

    private void followAll(RedisServer primary) {
        for (RedisServer node : nodes) {
            if (node != primary && !follows(node, primary)) {
                node.command("REPLICAOF", primary.host(), Integer.toString(primary.port()));
            }
        }
    }

    /** A sentinel that is reset while it leads a failover would fall back to the primary before. */
    private boolean mayBeReset(RedisServer primary) {
        return replicationIsUp(primary)
                && all(sentinel -> {
                    Map<String, String> master = fields(sentinel.call("SENTINEL", "MASTER", masterName));
                    return "master".equals(master.get("flags"))
                            && Integer.toString(primary.port()).equals(master.get("port"));
                });
    }

    private boolean all(Function<RespClient, Boolean> question) {
        return RedisGroup.ask(sentinels, question).equals(Collections.nCopies(sentinels.size(), true));
    }

    private boolean replicationIsUp(RedisServer primary) {
        return nodes.stream()
                .allMatch(node -> node == primary
                        || (follows(node, primary)
                                && "up".equals(node.info("master_link_status").orElse(""))));
    }

    private boolean knowsAll(RespClient sentinel) {
        Map<String, String> master = fields(sentinel.call("SENTINEL", "MASTER", masterName));
        List<Map<String, String>> replicas = sentinel.call("SENTINEL", "REPLICAS", masterName).list().stream()
                .map(SentinelQuorum::fields)
                .toList();
        return "master".equals(master.get("flags"))
                && Integer.toString(sentinels.size() - 1).equals(master.get("num-other-sentinels"))
                && replicas.size() == nodes.size() - 1
                && replicas.stream()
                        .allMatch(replica -> "slave".equals(replica.get("flags"))
                                && master.getOrDefault("port", "").equals(replica.get("master-port")))
                && sentinel.call("SENTINEL", "CKQUORUM", masterName).toString().startsWith("OK");
    }

    private static Map<String, String> fields(RedisReply reply) {
        List<String> texts = reply.texts();
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i + 1 < texts.size(); i += 2) {
            fields.put(texts.get(i), texts.get(i + 1));
        }
        return fields;
    }
}
