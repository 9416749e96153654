package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Await;
import dev.holdfast.testkit.tls.TestAuthority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A primary and two replicas, watched by three sentinels of which two decide.
 *
 * <p>A primary that does not answer for a second is replaced within some three seconds more. Thread-safe.
 *
 * <pre>{@code
 * try (RedisSentinel redis = RedisServers.sentinel()) {
 *     redis.killPrimary();                        // or pausePrimary()
 *     RedisServer promoted = redis.awaitPromotion();
 * }
 * }</pre>
 */
public final class RedisSentinel implements AutoCloseable {

    private static final int REPLICAS = 2;
    private static final int SENTINELS = 3;
    private static final int QUORUM = 2;
    private static final Duration ATTACH_TIMEOUT = Duration.ofSeconds(60);

    private final String masterName;
    private final RedisGroup group;
    private final SentinelQuorum quorum;
    private final List<RedisServer> nodes;
    private final List<RedisServer> sentinels;
    private final @Nullable String password;
    private final RedisSettings.@Nullable Tls tls;

    /** The primary that a test has broken last, so that the next one is recognised. */
    private volatile @Nullable RedisServer broken;

    private RedisSentinel(Builder builder, RedisGroup group, List<RedisServer> nodes, List<RedisServer> sentinels) {
        this.masterName = builder.masterName;
        this.password = builder.secrets.password;
        this.tls = builder.secrets.tls;
        this.group = group;
        this.nodes = List.copyOf(nodes);
        this.sentinels = List.copyOf(sentinels);
        this.quorum = new SentinelQuorum(masterName, group, this.nodes, this.sentinels);
    }

    /**
     * Begins the description of a group.
     *
     * @return a builder for a group without password and TLS
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the name by which the sentinels know the primary.
     *
     * @return the name
     */
    public String masterName() {
        return masterName;
    }

    /**
     * Returns the address of the group as Lettuce reads it.
     *
     * @return {@code redis-sentinel://[:password@]host:port,host:port,host:port#name}, or {@code rediss-sentinel://} with TLS
     */
    public String uri() {
        String addresses =
                sentinels.stream().map(node -> node.host() + ":" + node.port()).collect(Collectors.joining(","));
        return (tls == null ? "redis-sentinel://" : "rediss-sentinel://")
                + (password == null ? "" : ":" + RedisAddress.encode(password) + "@") + addresses + "#" + masterName;
    }

    /**
     * Returns the addresses of the sentinels, which need no password.
     *
     * @return three addresses
     */
    public List<String> sentinelUris() {
        return sentinels.stream().map(RedisServer::uri).toList();
    }

    /**
     * Returns the sentinels.
     *
     * @return three servers, each of which may be broken
     */
    public List<RedisServer> sentinels() {
        return sentinels;
    }

    /**
     * Returns primary and replicas, in an order that never changes.
     *
     * @return three servers, each of which may be broken
     */
    public List<RedisServer> nodes() {
        return nodes;
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
     * Returns the node that most of the sentinels call primary, whether it runs or not.
     *
     * @return the primary
     * @throws ServerException if no sentinel answers
     */
    public RedisServer primary() {
        return quorum.primary();
    }

    /**
     * Returns the nodes that are not {@link #primary()}.
     *
     * @return two servers
     */
    public List<RedisServer> replicas() {
        RedisServer primary = primary();
        return nodes.stream().filter(node -> node != primary).toList();
    }

    /**
     * Kills the primary as {@code kill -9} does.
     *
     * @return the server that was killed
     */
    public RedisServer killPrimary() {
        RedisServer primary = primary();
        broken = primary;
        primary.kill();
        return primary;
    }

    /**
     * Freezes the primary: it keeps its connections and answers nothing.
     *
     * @return the server that was paused
     */
    public RedisServer pausePrimary() {
        RedisServer primary = primary();
        broken = primary;
        primary.pause();
        return primary;
    }

    /**
     * Waits until another primary than the one killed or paused last is promoted; see
     * {@link #awaitReplacementOf(RedisServer)}.
     *
     * @return the new primary
     * @throws IllegalStateException if neither {@link #killPrimary()} nor {@link #pausePrimary()} was called before
     * @throws ServerException if that takes longer than 30 s
     */
    public RedisServer awaitPromotion() {
        RedisServer previous = broken;
        if (previous == null) {
            throw new IllegalStateException("no primary was killed or paused");
        }
        return awaitReplacementOf(previous);
    }

    /**
     * Waits until all sentinels that can be asked agree on another primary, and it agrees too.
     *
     * @param previous the primary that was broken
     * @return the new primary
     * @throws ServerException if that takes longer than 30 s
     */
    public RedisServer awaitReplacementOf(RedisServer previous) {
        quorum.awaitReplacementOf(previous);
        return primary();
    }

    /**
     * Resumes and starts every server that was paused, stopped or killed, and waits until the group is as good as new;
     * another node may be primary then. Helps the sentinels, who by themselves take a former primary back, and learn that
     * it is back, only after ten seconds and more.
     *
     * @throws ServerException if that takes longer than 60 s
     */
    public void heal() {
        group.bringBack();
        quorum.heal();
    }

    /**
     * Brings the group back to what it was after its start, apart from which node is primary: whole, empty, and with its
     * configuration of then.
     *
     * @throws ServerException if that takes longer than 60 s
     */
    public void reset() {
        if (!quorum.isReady()) {
            heal();
        }
        group.reset(nodes, List.of(primary()));
    }

    /** Ends all servers. */
    @Override
    public void close() {
        group.close();
    }

    /** The address without credentials. */
    @Override
    public String toString() {
        return masterName + " by sentinels " + sentinels;
    }

    /** Describes a group; not thread-safe. */
    public static final class Builder {

        private final RedisGroup.Secrets secrets = new RedisGroup.Secrets();
        private String masterName = "holdfast";
        private Duration downAfter = Duration.ofSeconds(1);

        private Builder() {}

        /**
         * Names the primary; {@code holdfast} by default.
         *
         * @param name the name, not blank
         * @return this builder
         */
        public Builder masterName(String name) {
            this.masterName = RedisSettings.require(name, "masterName");
            return this;
        }

        /**
         * Requires a password of primary and replicas; the sentinels have none.
         *
         * @param text the password, not blank
         * @return this builder
         */
        public Builder password(String text) {
            secrets.password = RedisSettings.require(text, "password");
            return this;
        }

        /**
         * Speaks TLS only, sentinels too, with a certificate for {@code localhost} and {@code 127.0.0.1}.
         *
         * @return this builder
         */
        public Builder tls() {
            secrets.useTls();
            return this;
        }

        /**
         * Sets how long a server may be silent before the sentinels call it down; 1 s by default.
         *
         * @param silence the time
         * @return this builder
         */
        public Builder downAfter(Duration silence) {
            if (silence.toMillis() < 100) {
                throw new IllegalArgumentException("downAfter must be at least 100 ms: " + silence);
            }
            this.downAfter = silence;
            return this;
        }

        /**
         * Adds a line to the configuration file of primary and replicas.
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
         * Starts all servers and waits until they know each other.
         *
         * @return the group; the caller closes it
         * @throws dev.holdfast.testkit.UnsupportedServerException if servers are not embedded
         * @throws ServerException if it does not come up
         */
        public RedisSentinel start() {
            RedisGroup.requireEmbedded("Redis Sentinel");
            RedisGroup group = new RedisGroup();
            List<RedisServer> nodes = new ArrayList<>();
            RedisServer primary = group.add(() -> EmbeddedRedis.start("primary", secrets.node(List.of())));
            nodes.add(primary);
            List<List<String>> following =
                    List.of(List.of("replicaof", primary.host(), Integer.toString(primary.port())));
            for (int i = 0; i < REPLICAS; i++) {
                nodes.add(group.add(() -> EmbeddedRedis.start("replica", secrets.node(following))));
            }
            List<RedisServer> sentinels = new ArrayList<>();
            try {
                // What a sentinel finds when it first asks the primary, it knows at once; the rest takes it ten
                // seconds.
                Await.until(
                        "the replicas are attached",
                        ATTACH_TIMEOUT,
                        group::output,
                        () -> primary.info("connected_slaves").orElse("").equals(Integer.toString(REPLICAS)));
            } catch (RuntimeException e) {
                group.close();
                throw e;
            }
            for (int i = 0; i < SENTINELS; i++) {
                sentinels.add(group.add(() -> EmbeddedRedis.startSentinel(sentinel(primary))));
            }
            RedisSentinel sentinel = new RedisSentinel(this, group, nodes, sentinels);
            try {
                sentinel.quorum.awaitReady();
                return sentinel;
            } catch (RuntimeException e) {
                group.close();
                throw e;
            }
        }

        private RedisSettings sentinel(RedisServer primary) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(List.of(
                    "sentinel",
                    "monitor",
                    masterName,
                    primary.host(),
                    Integer.toString(primary.port()),
                    Integer.toString(QUORUM)));
            lines.add(List.of("sentinel", "down-after-milliseconds", masterName, Long.toString(downAfter.toMillis())));
            // A failed attempt is repeated after twice this time.
            lines.add(List.of("sentinel", "failover-timeout", masterName, "3000"));
            lines.add(List.of("sentinel", "parallel-syncs", masterName, Integer.toString(REPLICAS)));
            if (secrets.password != null) {
                lines.add(List.of("sentinel", "auth-pass", masterName, secrets.password));
            }
            if (secrets.tls != null) {
                lines.add(List.of("tls-replication", "yes"));
            }
            return new RedisSettings(null, List.of(), secrets.tls, false, lines);
        }
    }
}
