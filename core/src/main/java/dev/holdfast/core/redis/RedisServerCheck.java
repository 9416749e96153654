package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Severity;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Looks at the settings of a Redis server with a cache's eyes.
 *
 * <p>Reads INFO only, which managed services permit where they forbid CONFIG. What cannot be read is reported as one
 * {@link Severity#INFO}, never as a failure. In a cluster it looks at one primary. Stateless and thread-safe.
 *
 * <table>
 *   <caption>Problems it finds</caption>
 *   <tr><th>code</th><th>severity</th><th>what</th></tr>
 *   <tr><td>{@code redis.server.unknown}</td><td>info</td><td>INFO is not permitted or says nothing</td></tr>
 *   <tr><td>{@code redis.server.version}</td><td>error</td><td>older than 6.2</td></tr>
 *   <tr><td>{@code redis.server.maxmemory}</td><td>warning</td><td>no limit: the machine's memory is the limit</td></tr>
 *   <tr><td>{@code redis.server.policy}</td><td>warning</td><td>not {@code allkeys-lru} or {@code allkeys-lfu}: full means
 *       errors, or evicts blindly</td></tr>
 *   <tr><td>{@code redis.server.full}</td><td>warning</td><td>more than 90 % of the memory is used</td></tr>
 *   <tr><td>{@code redis.server.role}</td><td>error</td><td>a replica</td></tr>
 *   <tr><td>{@code redis.server.replication}</td><td>warning</td><td>a replica is not online or lags</td></tr>
 *   <tr><td>{@code redis.server.clients}</td><td>warning</td><td>more than 80 % of the connections are taken</td></tr>
 * </table>
 */
public final class RedisServerCheck {
    private static final int LEAST_MAJOR = 6;
    private static final int LEAST_MINOR = 2;
    private static final double FULL = 0.9;
    private static final double CROWDED = 0.8;
    private static final Duration LAG = Duration.ofSeconds(10);

    private RedisServerCheck() {}

    /**
     * Checks the server behind a link, through the link.
     *
     * @param link a link that is up
     * @return completes within the link's command timeout with what was found, empty if all is well; fails as
     *     {@link RedisLink#callAsync} does
     */
    public static CompletableFuture<List<Problem>> run(RedisLink link) {
        return link.callAsync(link.commandTimeout(), RedisServerCheck::ask);
    }

    static CompletionStage<List<Problem>> ask(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return commands.info().handle((info, failure) -> {
            if (failure == null) {
                return judge(info);
            }
            Throwable cause = Failures.unwrap(failure);
            if (Failures.kind(cause) == Failures.Kind.ERROR) {
                return List.of(unknown("INFO is refused: " + cause.getMessage()));
            }
            throw new CompletionException(cause);
        });
    }

    /** Judges a reply to INFO. */
    static List<Problem> judge(String info) {
        Map<String, String> facts = new HashMap<>();
        info.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && !line.startsWith("#")) {
                facts.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        if (!facts.containsKey("redis_version")) {
            return List.of(unknown("INFO says nothing about the server"));
        }
        List<Problem> problems = new ArrayList<>();
        version(facts, problems);
        memory(facts, problems);
        replication(facts, problems);
        clients(facts, problems);
        return List.copyOf(problems);
    }

    private static Problem unknown(String why) {
        return new Problem(
                "redis.server.unknown",
                Severity.INFO,
                "server",
                "",
                why,
                "permit INFO to the user, or check memory limit, eviction policy and version by hand");
    }

    private static void version(Map<String, String> facts, List<Problem> problems) {
        String version = facts.getOrDefault("redis_version", "");
        String[] parts = version.split("\\.", -1);
        try {
            int major = Integer.parseInt(parts[0]);
            int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            if (major < LEAST_MAJOR || (major == LEAST_MAJOR && minor < LEAST_MINOR)) {
                problems.add(Problem.error(
                        "redis.server.version",
                        "redis_version",
                        version,
                        "older than 6.2",
                        "upgrade to Redis 6.2 or later"));
            }
        } catch (NumberFormatException e) {
            problems.add(unknown("the version '" + version + "' is not a number"));
        }
    }

    private static void memory(Map<String, String> facts, List<Problem> problems) {
        if (!facts.containsKey("maxmemory")) {
            return;
        }
        long limit = number(facts, "maxmemory");
        String policy = facts.getOrDefault("maxmemory_policy", "");
        if (limit == 0) {
            problems.add(Problem.warning(
                    "redis.server.maxmemory",
                    "maxmemory",
                    0,
                    "no limit, so a cache grows until the machine has no memory left",
                    "set maxmemory, e.g. 512mb to 2gb, and maxmemory-policy allkeys-lru"));
        } else if (number(facts, "used_memory") > limit * FULL) {
            problems.add(Problem.warning(
                    "redis.server.full",
                    "used_memory",
                    number(facts, "used_memory"),
                    "more than 90 % of maxmemory " + limit,
                    "raise maxmemory or shorten the time to live"));
        }
        switch (policy) {
            case "allkeys-lru", "allkeys-lfu", "" -> {}
            case "noeviction" ->
                problems.add(Problem.warning(
                        "redis.server.policy",
                        "maxmemory-policy",
                        policy,
                        "a full server refuses every write",
                        "use allkeys-lru or allkeys-lfu for a cache"));
            case "allkeys-random", "volatile-random" ->
                problems.add(Problem.warning(
                        "redis.server.policy",
                        "maxmemory-policy",
                        policy,
                        "evicts blindly, also what is used all the time and what coordinates the nodes",
                        "use allkeys-lru or allkeys-lfu"));
            default ->
                problems.add(Problem.warning(
                        "redis.server.policy",
                        "maxmemory-policy",
                        policy,
                        "keys without a time to live are never evicted, so others go first or writes are refused",
                        "use allkeys-lru or allkeys-lfu"));
        }
    }

    private static void replication(Map<String, String> facts, List<Problem> problems) {
        if ("slave".equals(facts.get("role"))) {
            problems.add(Problem.error(
                    "redis.server.role",
                    "role",
                    "slave",
                    "a replica takes no writes",
                    "name the primary, or use redis-sentinel://"));
        }
        long offset = number(facts, "master_repl_offset");
        for (int i = 0; facts.containsKey("slave" + i); i++) {
            Map<String, String> replica = new HashMap<>();
            for (String pair : facts.getOrDefault("slave" + i, "").split(",", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    replica.put(pair.substring(0, equals), pair.substring(equals + 1));
                }
            }
            long lag = number(replica, "lag");
            if (!"online".equals(replica.get("state")) || lag > LAG.toSeconds()) {
                problems.add(Problem.warning(
                        "redis.server.replication",
                        "replica " + replica.get("ip") + ":" + replica.get("port"),
                        replica.getOrDefault("state", ""),
                        "silent for " + lag + " s, " + (offset - number(replica, "offset"))
                                + " bytes behind: a failover would lose them",
                        "check the replica and the network between"));
            }
        }
    }

    private static void clients(Map<String, String> facts, List<Problem> problems) {
        long most = number(facts, "maxclients");
        long now = number(facts, "connected_clients");
        if (most > 0 && now > most * CROWDED) {
            problems.add(Problem.warning(
                    "redis.server.clients",
                    "connected_clients",
                    now,
                    "more than 80 % of maxclients " + most,
                    "find who leaks connections, or raise maxclients"));
        }
    }

    private static long number(Map<String, String> facts, String name) {
        try {
            return Long.parseLong(facts.getOrDefault(name, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
