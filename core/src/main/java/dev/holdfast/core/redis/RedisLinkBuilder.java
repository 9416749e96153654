package dev.holdfast.core.redis;

import dev.holdfast.core.Profile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link RedisLink}; not thread-safe, checked as a whole by {@link #connect()}.
 *
 * <p>Every default is meant for production. Nothing throws before {@link #connect()}, so that all mistakes are reported
 * at once; only null arguments do.
 */
public final class RedisLinkBuilder {
    final String uri;

    @Nullable
    String username;

    @Nullable
    Supplier<String> password;

    @Nullable
    String sentinelUsername;

    @Nullable
    Supplier<String> sentinelPassword;

    TlsVerification tlsVerification = TlsVerification.FULL;

    @Nullable
    Path tlsAuthorities;

    @Nullable
    Path tlsTrustStore;

    @Nullable
    String tlsTrustStorePassword;

    @Nullable
    Path tlsCertificate;

    @Nullable
    Path tlsKey;

    Duration connectTimeout = Duration.ofSeconds(10);
    Duration commandTimeout = LinkSettings.COMMAND_TIMEOUT;
    Duration reconnectFirst = Duration.ofMillis(50);
    Duration reconnectCap = Duration.ofSeconds(1);
    Duration refusalRetry = Duration.ofSeconds(10);
    Duration pingInterval = Duration.ofSeconds(1);
    Duration topologyRefresh = Duration.ofSeconds(10);
    int requestQueueSize = 10_000;
    int subscriptionBacklog = 65_536;
    int breakerWindow = 20;
    int breakerMinimumCalls = 10;
    int breakerFailureRate = 50;
    UnaryOperator<HostPort> addressMapper = UnaryOperator.identity();
    String name = "redis";
    String clientName = "holdfast";
    Profile profile = Profile.DEVELOPMENT;
    boolean serverCheck = true;
    Duration serverCheckInterval = Duration.ofMinutes(1);
    final Set<String> accepted = new HashSet<>();

    RedisLinkBuilder(String uri) {
        this.uri = uri;
    }

    /**
     * Sets the ACL user; overrides the URI's.
     *
     * @param username the user
     * @return this
     */
    public RedisLinkBuilder username(String username) {
        this.username = Objects.requireNonNull(username, "username");
        return this;
    }

    /**
     * Sets the password; overrides the URI's.
     *
     * @param password the password, not percent-encoded
     * @return this
     */
    public RedisLinkBuilder password(String password) {
        Objects.requireNonNull(password, "password");
        this.password = () -> password;
        return this;
    }

    /**
     * Sets where the password comes from; overrides the URI's. It is asked at every connection attempt, so a rotated
     * password is picked up by the next one.
     *
     * @param password called on the link's own thread, which watches its connections: must be quick, so fetch from a
     *     vault elsewhere; never returns null. If it throws, the attempt has failed
     * @return this
     */
    public RedisLinkBuilder password(Supplier<String> password) {
        this.password = Objects.requireNonNull(password, "password");
        return this;
    }

    /**
     * Sets user and password at the sentinels, where they want any; those of the URI are for the data nodes.
     *
     * @param user the ACL user, or null for the default user
     * @param password the password
     * @return this
     */
    public RedisLinkBuilder sentinelCredentials(@Nullable String user, String password) {
        Objects.requireNonNull(password, "password");
        this.sentinelUsername = user;
        this.sentinelPassword = () -> password;
        return this;
    }

    /**
     * Trusts the certificate authorities in a PEM file instead of the JVM's.
     *
     * @param pem the file
     * @return this
     */
    public RedisLinkBuilder tlsAuthorities(Path pem) {
        this.tlsAuthorities = Objects.requireNonNull(pem, "pem");
        return this;
    }

    /**
     * Trusts the authorities in a key store instead of the JVM's.
     *
     * @param store PKCS#12 or JKS file
     * @param password of the store, or null if it has none
     * @return this
     */
    public RedisLinkBuilder tlsTrustStore(Path store, @Nullable String password) {
        this.tlsTrustStore = Objects.requireNonNull(store, "store");
        this.tlsTrustStorePassword = password;
        return this;
    }

    /**
     * Identifies this client by a certificate (mutual TLS).
     *
     * @param certificate PEM file with the certificate and its chain
     * @param key PEM file with the unencrypted PKCS#8 key
     * @return this
     */
    public RedisLinkBuilder tlsIdentity(Path certificate, Path key) {
        this.tlsCertificate = Objects.requireNonNull(certificate, "certificate");
        this.tlsKey = Objects.requireNonNull(key, "key");
        return this;
    }

    /**
     * Sets how far the server's certificate is checked.
     *
     * @param verification {@link TlsVerification#FULL} by default
     * @return this
     */
    public RedisLinkBuilder tlsVerification(TlsVerification verification) {
        this.tlsVerification = Objects.requireNonNull(verification, "verification");
        return this;
    }

    /**
     * Bounds one TCP connect.
     *
     * @param timeout 10 s by default
     * @return this
     */
    public RedisLinkBuilder connectTimeout(Duration timeout) {
        this.connectTimeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Sets the default deadline of operations, which also bounds the handshake.
     *
     * @param timeout 3 s by default
     * @return this
     */
    public RedisLinkBuilder commandTimeout(Duration timeout) {
        this.commandTimeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Sets the delays between connection attempts: exponential growth with full jitter.
     *
     * @param first bound of the first delay; 50 ms by default
     * @param cap bound of every delay; 1 s by default
     * @return this
     */
    public RedisLinkBuilder reconnect(Duration first, Duration cap) {
        this.reconnectFirst = Objects.requireNonNull(first, "first");
        this.reconnectCap = Objects.requireNonNull(cap, "cap");
        return this;
    }

    /**
     * Sets how long to wait after the server refused us: wrong password, untrusted certificate.
     *
     * @param delay 10 s by default
     * @return this
     */
    public RedisLinkBuilder refusalRetry(Duration delay) {
        this.refusalRetry = Objects.requireNonNull(delay, "delay");
        return this;
    }

    /**
     * Sets how often each connection is probed by PING. A probe may take as long as the interval; two in a row without
     * answer and the connection is given up.
     *
     * @param interval 1 s by default
     * @return this
     */
    public RedisLinkBuilder pingInterval(Duration interval) {
        this.pingInterval = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /**
     * Sets how often the cluster is asked for its topology, besides whenever something fails. Sentinels are asked with
     * every probe.
     *
     * @param interval 10 s by default
     * @return this
     */
    public RedisLinkBuilder topologyRefresh(Duration interval) {
        this.topologyRefresh = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /**
     * Bounds the commands that wait for answers on one connection; further ones are refused.
     *
     * @param commands at least 8, which a connection begins with; 10,000 by default
     * @return this
     */
    public RedisLinkBuilder requestQueueSize(int commands) {
        this.requestQueueSize = commands;
        return this;
    }

    /**
     * Bounds the messages that wait for slow subscription listeners. Beyond it the subscription is given up and made
     * anew, which its listeners see as a gap.
     *
     * @param messages 65,536 by default
     * @return this
     */
    public RedisLinkBuilder subscriptionBacklog(int messages) {
        this.subscriptionBacklog = messages;
        return this;
    }

    /**
     * Sets when timeouts mean a frozen server.
     *
     * @param window number of latest operations looked at; 20 by default
     * @param minimumCalls fewest operations to judge by; 10 by default
     * @param failureRate percentage of timeouts among them that opens the breaker, 1..100; 50 by default
     * @return this
     */
    public RedisLinkBuilder breaker(int window, int minimumCalls, int failureRate) {
        this.breakerWindow = window;
        this.breakerMinimumCalls = minimumCalls;
        this.breakerFailureRate = failureRate;
        return this;
    }

    /**
     * Translates addresses that sentinels and cluster nodes announce, where they are not those to connect to (NAT,
     * containers, proxies). Also applied to the hosts of the URI.
     *
     * @param mapper called on the link's own thread, so it must be quick and must not throw; the identity by default
     * @return this
     */
    public RedisLinkBuilder addressMapper(UnaryOperator<HostPort> mapper) {
        this.addressMapper = Objects.requireNonNull(mapper, "mapper");
        return this;
    }

    /**
     * Names this link within the application: its health probe, its circuit breaker, and the tag {@code link} of its
     * metrics. An application with several links gives each a name; otherwise registries keep the metrics of one only.
     *
     * @param name lower-case letters, digits, dots and dashes; {@code redis} by default
     * @return this
     */
    public RedisLinkBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Names this client, as CLIENT LIST shows it.
     *
     * @param name without blanks; {@code holdfast} by default
     * @return this
     */
    public RedisLinkBuilder clientName(String name) {
        this.clientName = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Sets where the application runs. In production what is unsafe there stops the start: Redis on localhost,
     * unverified certificates.
     *
     * @param profile {@link Profile#DEVELOPMENT} by default
     * @return this
     */
    public RedisLinkBuilder profile(Profile profile) {
        this.profile = Objects.requireNonNull(profile, "profile");
        return this;
    }

    /**
     * Accepts problems that are known and wanted, such as {@code redis.production.localhost} beside a side-car proxy.
     * Settings that cannot work at all cannot be accepted.
     *
     * @param codes codes of problems that only production finds
     * @return this
     */
    public RedisLinkBuilder accept(Collection<String> codes) {
        accepted.addAll(codes);
        return this;
    }

    /**
     * Switches the check of the server's own settings, after connecting and once a minute, on or off, see
     * {@link RedisServerCheck}.
     *
     * @param enabled true by default
     * @return this
     */
    public RedisLinkBuilder serverCheck(boolean enabled) {
        this.serverCheck = enabled;
        return this;
    }

    /**
     * Checks the settings and opens the link. Does not wait for the server.
     *
     * @return the link, usually still {@link LinkState#CONNECTING}
     * @throws dev.holdfast.core.ConfigurationException with every problem, if settings cannot work, or are unsafe and
     *     the profile is production
     */
    public RedisLink connect() {
        return LiveRedisLink.open(new SettingsCheck(this).settings());
    }
}
