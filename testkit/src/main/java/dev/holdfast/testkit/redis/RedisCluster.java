package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.tls.TestAuthority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster of three primaries with one replica each.
 *
 * <p>A primary that does not answer for 1.5 s is replaced within some two seconds more. Thread-safe.
 *
 * <pre>{@code
 * try (RedisCluster redis = RedisServers.cluster()) {
 *     RedisServer killed = redis.primaryOf("key");
 *     killed.kill();                              // or pause()
 *     redis.awaitReplacementOf(killed);
 *     redis.moveSlot(RedisCluster.slot("key"), redis.primaryOf(0));
 * }
 * }</pre>
 */
public final class RedisCluster implements AutoCloseable {

    /** The number of hash slots of every cluster. */
    public static final int SLOTS = 16_384;

    private static final int NODES = 6;

    private final RedisGroup group;
    private final ClusterTopology topology;
    private final List<RedisServer> nodes;
    private final @Nullable String password;
    private final RedisSettings.@Nullable Tls tls;

    private RedisCluster(Builder builder, RedisGroup group, List<RedisServer> nodes) {
        this.group = group;
        this.nodes = List.copyOf(nodes);
        this.topology = new ClusterTopology(group, this.nodes);
        this.password = builder.secrets.password;
        this.tls = builder.secrets.tls;
    }

    /**
     * Begins the description of a cluster.
     *
     * @return a builder for a cluster without password and TLS
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Computes the slot of a key, minding a hash tag in braces.
     *
     * @param key the key
     * @return a number from 0 to 16383
     */
    public static int slot(String key) {
        return HashSlot.of(key);
    }

    /**
     * Returns all servers, in an order that never changes.
     *
     * @return six servers, each of which may be broken
     */
    public List<RedisServer> nodes() {
        return nodes;
    }

    /**
     * Returns the addresses of all servers, with the password if there is one.
     *
     * @return six addresses
     */
    public List<String> uris() {
        return nodes.stream().map(RedisServer::uri).toList();
    }

    /**
     * Returns the authority that signed the certificate of all servers.
     *
     * @return the authority, or empty if they do not speak TLS
     */
    public Optional<TestAuthority> authority() {
        return Optional.ofNullable(tls).map(RedisSettings.Tls::authority);
    }

    /**
     * Returns the servers that most of the cluster calls primaries with slots, whether they run or not.
     *
     * @return three servers, in the order of {@link #nodes()}
     */
    public List<RedisServer> primaries() {
        return topology.primaries();
    }

    /**
     * Returns the replicas of a primary.
     *
     * @param primary one of {@link #primaries()}
     * @return its replicas, usually one
     */
    public List<RedisServer> replicasOf(RedisServer primary) {
        return topology.replicasOf(primary);
    }

    /**
     * Returns the server that most of the cluster calls primary of a slot, whether it runs or not.
     *
     * @param slot a number from 0 to 16383
     * @return the primary
     * @throws ServerException if nobody answers, or the slot is assigned to nobody
     */
    public RedisServer primaryOf(int slot) {
        if (slot < 0 || slot >= SLOTS) {
            throw new IllegalArgumentException("slot must be in 0.." + (SLOTS - 1) + ": " + slot);
        }
        return topology.primaryOf(slot);
    }

    /**
     * Returns the primary of a key's slot.
     *
     * @param key the key
     * @return the primary
     */
    public RedisServer primaryOf(String key) {
        return primaryOf(slot(key));
    }

    /**
     * Waits until a server that was killed, stopped or paused serves no slot any more, and all others serve all slots.
     *
     * @param broken the server
     * @throws ServerException if that takes longer than 30 s
     */
    public void awaitReplacementOf(RedisServer broken) {
        topology.awaitReplacementOf(broken);
    }

    /**
     * Moves a slot with all its keys to another primary, as a reshard does, while clients go on.
     *
     * @param slot a number from 0 to 16383
     * @param target one of {@link #primaries()}; nothing happens if it has the slot
     * @throws ServerException if a step fails
     */
    public void moveSlot(int slot, RedisServer target) {
        RedisServer source = primaryOf(slot);
        if (source == target) {
            return;
        }
        String number = Integer.toString(slot);
        String targetId = ClusterTopology.id(target);
        target.command("CLUSTER", "SETSLOT", number, "IMPORTING", ClusterTopology.id(source));
        source.command("CLUSTER", "SETSLOT", number, "MIGRATING", targetId);
        moveKeys(number, source, target);
        // The new owner first: then no client is ever sent to a node that does not know it has the slot.
        List<RedisServer> told = new ArrayList<>(List.of(target, source));
        primaries().stream().filter(node -> !told.contains(node)).forEach(told::add);
        told.stream()
                .filter(RedisGroup::isAwake)
                .forEach(node -> node.command("CLUSTER", "SETSLOT", number, "NODE", targetId));
        topology.awaitOwner(slot, target);
    }

    private void moveKeys(String slot, RedisServer source, RedisServer target) {
        try (RespClient client = source.client()) {
            while (true) {
                List<String> keys =
                        client.call("CLUSTER", "GETKEYSINSLOT", slot, "100").texts();
                if (keys.isEmpty()) {
                    return;
                }
                List<String> migrate = new ArrayList<>(
                        List.of("MIGRATE", target.host(), Integer.toString(target.port()), "", "0", "5000"));
                if (password != null) {
                    migrate.addAll(List.of("AUTH", password));
                }
                migrate.add("KEYS");
                migrate.addAll(keys);
                client.call(migrate.toArray(String[]::new));
            }
        }
    }

    /**
     * Resumes and starts every server that was paused, stopped or killed, and waits until the cluster is as good as new;
     * other nodes may be primaries then.
     *
     * @throws ServerException if that takes longer than 60 s
     */
    public void heal() {
        group.bringBack();
        topology.awaitReady();
    }

    /**
     * Brings the cluster back to what it was after its start, apart from which node is primary and which slots it has:
     * whole, empty, and with its configuration of then.
     *
     * @throws ServerException if that takes longer than 60 s
     */
    public void reset() {
        heal();
        group.reset(nodes, primaries());
    }

    /** Ends all servers. */
    @Override
    public void close() {
        group.close();
    }

    /** The addresses without credentials. */
    @Override
    public String toString() {
        return "cluster " + nodes;
    }

    /** Describes a cluster; not thread-safe. */
    public static final class Builder {

        private final RedisGroup.Secrets secrets = new RedisGroup.Secrets();
        private Duration nodeTimeout = Duration.ofMillis(1_500);

        private Builder() {}

        /**
         * Requires a password.
         *
         * @param text the password, not blank
         * @return this builder
         */
        public Builder password(String text) {
            secrets.password = RedisSettings.require(text, "password");
            return this;
        }

        /**
         * Speaks TLS only, between the nodes too, with a certificate for {@code localhost} and {@code 127.0.0.1}.
         *
         * @return this builder
         */
        public Builder tls() {
            secrets.useTls();
            return this;
        }

        /**
         * Sets how long a node may be silent before the others call it down; 1.5 s by default.
         *
         * @param timeout the time, at least 500 ms
         * @return this builder
         */
        public Builder nodeTimeout(Duration timeout) {
            if (timeout.toMillis() < 500) {
                throw new IllegalArgumentException("nodeTimeout must be at least 500 ms: " + timeout);
            }
            this.nodeTimeout = timeout;
            return this;
        }

        /**
         * Adds a line to the configuration file of all nodes.
         *
         * @param name the directive
         * @param values its values, quoted where needed
         * @return this builder
         */
        public Builder directive(String name, String... values) {
            secrets.directives.add(RedisSettings.line(name, values));
            return this;
        }

        /**
         * Starts all nodes, joins them and waits until the cluster serves all slots and all replicas are attached.
         *
         * @return the cluster; the caller closes it
         * @throws dev.holdfast.testkit.UnsupportedServerException if servers are not embedded
         * @throws ServerException if it does not come up
         */
        public RedisCluster start() {
            RedisGroup.requireEmbedded("Redis Cluster");
            List<List<String>> lines = new ArrayList<>(List.of(
                    List.of("cluster-enabled", "yes"),
                    List.of("cluster-config-file", "nodes.conf"),
                    List.of("cluster-node-timeout", Long.toString(nodeTimeout.toMillis())),
                    // A replica is promoted however long it was cut off: tests freeze longer than they should.
                    List.of("cluster-replica-validity-factor", "0")));
            if (secrets.tls != null) {
                lines.add(List.of("tls-cluster", "yes"));
            }
            RedisGroup group = new RedisGroup();
            List<RedisServer> nodes = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                nodes.add(group.add(() -> EmbeddedRedis.start("cluster", secrets.node(lines))));
            }
            RedisCluster cluster = new RedisCluster(this, group, nodes);
            try {
                cluster.topology.form();
                return cluster;
            } catch (RuntimeException e) {
                group.close();
                throw e;
            }
        }
    }
}
