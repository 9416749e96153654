package dev.holdfast.core.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections: owns Lettuce's client, its threads and the timer.
 *
 * <p>Thread-safe. Connections never reconnect by themselves and refuse commands once they are lost, so that nothing is
 * ever sent twice; who wants a new connection asks for one.
 */
final class Connector {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final int CLOSE_SECONDS = 2;
    private static final int TIMER_TICK_MILLIS = 10;
    private static final int TIMER_WHEEL = 512;

    private final LinkSettings settings;
    private final Channels channels;
    private final HashedWheelTimer timer;
    private final ClientResources resources;
    private final RedisClient client;

    Connector(LinkSettings settings) {
        this.settings = settings;
        this.channels = new Channels(settings.commandTimeout());
        this.timer = new HashedWheelTimer(
                IoThread.factory("holdfast-redis-timer"), TIMER_TICK_MILLIS, TimeUnit.MILLISECONDS, TIMER_WHEEL, false);
        this.resources = ClientResources.builder()
                .threadFactoryProvider(pool -> IoThread.factory("holdfast-redis-io"))
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .timer(timer)
                .nettyCustomizer(channels)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .build();
        this.client = RedisClient.create(resources);
        this.client.setOptions(options());
    }

    private ClientOptions options() {
        ClientOptions.Builder options = ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(settings.requestQueueSize())
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(settings.connectTimeout())
                        .keepAlive(true)
                        .tcpNoDelay(true)
                        .build());
        LinkSettings.Tls tls = settings.tls();
        if (tls != null) {
            options.sslOptions(sslOptions(tls));
        }
        return options.build();
    }

    private SslOptions sslOptions(LinkSettings.Tls tls) {
        SslOptions.Builder ssl = SslOptions.builder().jdkSslProvider().handshakeTimeout(settings.commandTimeout());
        if (tls.authorities() != null) {
            ssl.trustManager(tls.authorities().toFile());
        }
        if (tls.trustStore() != null) {
            String password = tls.trustStorePassword();
            ssl.truststore(tls.trustStore().toFile(), password == null ? "" : password);
        }
        if (tls.certificate() != null && tls.key() != null) {
            ssl.keyManager(tls.certificate().toFile(), tls.key().toFile(), new char[0]);
        }
        return ssl.build();
    }

    Timer timer() {
        return timer;
    }

    int openConnections() {
        return channels.count();
    }

    /** Connects to a primary for commands; fails with {@link RefusedException} where the server will not have us. */
    CompletableFuture<NodeConnection> connect(HostPort address) {
        return established(address, Role.PRIMARY, () -> client.connectAsync(ByteArrayCodec.INSTANCE, dataUri(address)));
    }

    /** Connects to any node of a cluster, primary or not, to ask it about the others. */
    CompletableFuture<NodeConnection> connectClusterNode(HostPort address) {
        return established(
                address, Role.CLUSTER_NODE, () -> client.connectAsync(ByteArrayCodec.INSTANCE, dataUri(address)));
    }

    /** Connects to a sentinel; commands and subscriptions share the connection. */
    CompletableFuture<NodeConnection> connectSentinel(HostPort address) {
        return established(
                address, Role.SENTINEL, () -> client.connectPubSubAsync(ByteArrayCodec.INSTANCE, sentinelUri(address)));
    }

    /** Connects to a primary for subscriptions. */
    CompletableFuture<NodeConnection> connectPubSub(HostPort address) {
        return established(
                address, Role.PRIMARY, () -> client.connectPubSubAsync(ByteArrayCodec.INSTANCE, dataUri(address)));
    }

    private interface Opening {
        CompletionStage<? extends StatefulRedisConnection<byte[], byte[]>> open();
    }

    private CompletableFuture<NodeConnection> established(HostPort address, Role role, Opening opening) {
        CompletableFuture<NodeConnection> result = new CompletableFuture<>();
        try {
            opening.open().whenComplete((lettuce, failure) -> {
                if (failure != null) {
                    result.completeExceptionally(Refusals.of(failure, address, role, settings));
                } else {
                    adopt(address, role, lettuce, result);
                }
            });
        } catch (Throwable e) {
            // A password supplier, which may throw anything, or an address that cannot be turned into a socket's.
            result.completeExceptionally(Refusals.of(e, address, role, settings));
        }
        return result;
    }

    private void adopt(
            HostPort address,
            Role expected,
            StatefulRedisConnection<byte[], byte[]> lettuce,
            CompletableFuture<NodeConnection> result) {
        Channel channel = channels.establish(lettuce);
        if (channel == null) {
            var unused = lettuce.closeAsync();
            result.completeExceptionally(
                    new RedisException(address + " closed the connection after the handshake", false, null));
            return;
        }
        NodeConnection connection = new NodeConnection(address, lettuce, channel);
        // In one go; answers come in order, so PING is answered when ROLE is. PING tells a server that is still
        // loading.
        CompletableFuture<String> ping = connection.commands().ping().toCompletableFuture();
        var unused = Pending.within(
                        timer,
                        settings.commandTimeout(),
                        "ROLE of " + address,
                        connection.commands().role())
                .whenComplete((role, failure) -> {
                    Throwable refused = refusal(address, expected, ping, role, failure);
                    if (refused != null) {
                        connection.drop("refused");
                        result.completeExceptionally(refused);
                    } else if (!result.complete(connection)) {
                        // Whoever asked has given up on this attempt.
                        connection.drop("no longer wanted");
                    }
                });
    }

    private @Nullable Throwable refusal(
            HostPort address,
            Role expected,
            CompletableFuture<String> ping,
            List<Object> role,
            @Nullable Throwable failure) {
        if (failure != null && !Refusals.isNotPermitted(failure)) {
            return Refusals.of(failure, address, expected, settings);
        }
        if (ping.isCompletedExceptionally()) {
            Throwable loading = ping.handle((pong, e) -> e).join();
            if (!Refusals.isNotPermitted(loading)) {
                return Refusals.of(loading, address, expected, settings);
            }
        }
        return failure == null ? expected.mismatch(role, address, settings.uri().mode()) : null;
    }

    private RedisURI dataUri(HostPort address) {
        RedisURI uri = uri(address, settings.username(), settings.secrets().password());
        uri.setDatabase(settings.uri().database());
        return uri;
    }

    private RedisURI sentinelUri(HostPort address) {
        return uri(address, settings.sentinelUsername(), settings.secrets().sentinelPassword());
    }

    private RedisURI uri(HostPort address, @Nullable String username, @Nullable String password) {
        RedisURI uri = RedisURI.create(address.host(), address.port());
        // The backstop of Channels' own, shorter limits.
        uri.setTimeout(settings.connectTimeout().plus(settings.commandTimeout()).plus(Duration.ofSeconds(1)));
        uri.setClientName(settings.clientName());
        if (password != null) {
            uri.setCredentialsProvider(RedisCredentialsProvider.from(() -> RedisCredentials.just(username, password)));
        }
        secure(uri);
        return uri;
    }

    private void secure(RedisURI uri) {
        LinkSettings.Tls tls = settings.tls();
        if (tls != null) {
            uri.setSsl(true);
            uri.setVerifyPeer(
                    switch (tls.verification()) {
                        case FULL -> SslVerifyMode.FULL;
                        case AUTHORITY -> SslVerifyMode.CA;
                        case NONE -> SslVerifyMode.NONE;
                    });
        }
    }

    /**
     * Ends all threads; waits a little for them. The client itself needs no closing: connections are dropped by those who
     * own them, and everything else belongs to the resources.
     */
    void close() {
        for (Timeout left : timer.stop()) {
            if (left.task() instanceof Pending<?> pending) {
                pending.close();
            }
        }
        try {
            if (!resources.shutdown(0, 1, TimeUnit.SECONDS).await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                // What is left are daemon threads that end by themselves.
                LOG.debug("Redis client did not end within {} s", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
