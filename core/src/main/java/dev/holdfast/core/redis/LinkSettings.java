package dev.holdfast.core.redis;

import dev.holdfast.core.Backoff;
import dev.holdfast.core.Profile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What {@link RedisLinkBuilder} found valid; immutable.
 *
 * @param name of the link within the application
 * @param uri servers, mode and database
 * @param secrets what must never be printed, and the passwords of each attempt
 * @param username ACL user, null for the default user
 * @param tls how to trust, null for plaintext
 * @param sentinelUsername ACL user at the sentinels
 * @param connectTimeout bound of one TCP connect
 * @param commandTimeout default deadline, and bound of handshake and of each internal command
 * @param reconnect delays between attempts
 * @param refusalRetry delay after the server refused us
 * @param pingInterval how often a connection is probed, and how long each probe may take
 * @param requestQueueSize bound of commands waiting for answers, per connection
 * @param subscriptionBacklog bound of messages waiting for their listeners
 * @param topologyRefresh how often a cluster is asked for its topology
 * @param breaker when to call a server frozen
 * @param addressMapper translates addresses that servers announce
 * @param clientName shown by CLIENT LIST
 * @param profile where the application runs
 * @param serverCheck whether the server's settings are checked
 * @param serverCheckInterval how often, besides after connecting
 */
record LinkSettings(
        String name,
        RedisUri uri,
        LinkSecrets secrets,
        @Nullable String username,
        @Nullable Tls tls,
        @Nullable String sentinelUsername,
        Duration connectTimeout,
        Duration commandTimeout,
        Backoff reconnect,
        Duration refusalRetry,
        Duration pingInterval,
        int requestQueueSize,
        int subscriptionBacklog,
        Duration topologyRefresh,
        Breaker breaker,
        UnaryOperator<HostPort> addressMapper,
        String clientName,
        Profile profile,
        boolean serverCheck,
        Duration serverCheckInterval) {

    static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(3);

    /**
     * How a TLS server is trusted and how we identify ourselves.
     *
     * @param verification how far its certificate is checked
     * @param authorities PEM file of trusted authorities; null for the JVM's
     * @param trustStore trust store; null for the JVM's
     * @param trustStorePassword of the store; null if it has none
     * @param certificate PEM file with our own certificate chain; null for none
     * @param key PEM file with our PKCS#8 key; null for none
     */
    record Tls(
            TlsVerification verification,
            @Nullable Path authorities,
            @Nullable Path trustStore,
            @Nullable String trustStorePassword,
            @Nullable Path certificate,
            @Nullable Path key) {}

    /**
     * When so many calls timed out that the server counts as frozen.
     *
     * @param window number of latest operations looked at
     * @param minimumCalls fewest operations to judge by
     * @param failureRate percentage of timeouts that opens the breaker
     */
    record Breaker(int window, int minimumCalls, float failureRate) {}
}
