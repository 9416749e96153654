package dev.holdfast.cache;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/**
 * What most tests of the cache need: the Redis that all of them share, which runs and is empty when a test begins, a source,
 * and nodes that end with the test.
 */
@Servers
abstract class SharedRedis {
    static RedisServer redis;

    final Source source = new Source();
    final List<Node> nodes = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void useRedis(RedisServer shared) {
        redis = shared;
    }

    @AfterEach
    void closeWhatIsOpen() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    /** Ends with the test, in the order of opening. */
    <T extends AutoCloseable> T open(T one) {
        open.add(one);
        return one;
    }

    /** A node that is being started. */
    Node start(UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        return add(new Node(redis.uri(), source, change));
    }

    /** A node that reads tier 2. */
    Node node(UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        return start(change).awaitInStep();
    }

    Node add(Node node) {
        nodes.add(node);
        return open(node);
    }

    static boolean exists(String key) {
        return redis.command("EXISTS", key).number() == 1;
    }
}
