package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The configuration a server had when it was started, and the way back to it. Immutable. */
final class RedisBaseline {

    /** Of the topology, not of the configuration. */
    private static final List<String> NOT_RESTORED = List.of("replicaof", "slaveof");

    private final Map<String, String> configuration;
    private final List<String> users;

    private RedisBaseline(Map<String, String> configuration, List<String> users) {
        this.configuration = Map.copyOf(configuration);
        this.users = List.copyOf(users);
    }

    /** Reads the configuration; empty if the server has been told not to show it. */
    static Optional<RedisBaseline> of(RespClient client) {
        try {
            return Optional.of(new RedisBaseline(
                    configuration(client), client.call("ACL", "LIST").texts()));
        } catch (RedisReplyException e) {
            // Commands can be renamed away; such a server is restarted instead.
            return Optional.empty();
        }
    }

    /** Undoes what a test may have done to a server, its data apart. */
    void restore(RespClient client) {
        client.call("CLIENT", "UNPAUSE");
        client.call("SCRIPT", "FLUSH");
        for (Map.Entry<String, String> now : configuration(client).entrySet()) {
            String before = configuration.get(now.getKey());
            if (before != null && !before.equals(now.getValue())) {
                client.call("CONFIG", "SET", now.getKey(), before);
            }
        }
        if (!client.call("ACL", "LIST").texts().equals(users)) {
            throw new ServerException("users were changed, which only a restart undoes");
        }
    }

    private static Map<String, String> configuration(RespClient client) {
        List<String> words = client.call("CONFIG", "GET", "*").texts();
        Map<String, String> configuration = new HashMap<>();
        for (int i = 0; i + 1 < words.size(); i += 2) {
            configuration.put(words.get(i), words.get(i + 1));
        }
        NOT_RESTORED.forEach(configuration::remove);
        return configuration;
    }
}
