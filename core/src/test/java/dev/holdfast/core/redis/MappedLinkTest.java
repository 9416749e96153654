package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Groups behind TLS, passwords and translated addresses. */
@Servers
@Tag("fault")
class MappedLinkTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final byte[] KEY = "k".getBytes(UTF_8);

    /** One proxy per server, and the mapper that leads there. */
    private static final class Proxies implements AutoCloseable {
        private final Map<HostPort, FaultProxy> proxies = new HashMap<>();

        Proxies(List<RedisServer> servers) {
            servers.forEach(s -> proxies.put(new HostPort(s.host(), s.port()), FaultProxy.to(s)));
        }

        HostPort map(HostPort announced) {
            FaultProxy proxy = proxies.get(announced);
            return proxy == null ? announced : new HostPort(proxy.host(), proxy.port());
        }

        FaultProxy of(RedisServer server) {
            return proxies.get(new HostPort(server.host(), server.port()));
        }

        @Override
        public void close() {
            proxies.values().forEach(FaultProxy::close);
        }
    }

    @Test
    void sentinel_with_tls_and_password_behind_proxies_works_and_a_cut_primary_is_noticed() {
        try (RedisSentinel redis =
                        RedisSentinel.builder().password("pass-word").tls().start();
                Proxies proxies = new Proxies(redis.nodes());
                RedisLink link = RedisLink.builder(redis.uri())
                        .tlsAuthorities(redis.authority().orElseThrow().certificateFile())
                        .addressMapper(proxies::map)
                        .connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            FaultProxy primary = proxies.of(redis.primary());
            assertThat(primary.openConnections()).isEqualTo(1);

            primary.cut();
            await().atMost(SOON).until(() -> link.state() == LinkState.DOWN);
            primary.heal();

            assertThat(link.awaitUp(SOON)).isTrue();
            String set = link.call(DEADLINE, c -> c.set(KEY, KEY));
            assertThat(set).isEqualTo("OK");
        }
    }

    @Test
    void cluster_with_tls_and_password_behind_proxies_works() {
        try (RedisCluster redis =
                        RedisCluster.builder().password("pass-word").tls().start();
                Proxies proxies = new Proxies(redis.nodes());
                RedisLink link = RedisLink.builder("rediss-cluster://:pass-word@"
                                + redis.nodes().stream()
                                        .map(n -> n.host() + ":" + n.port())
                                        .collect(Collectors.joining(",")))
                        .tlsAuthorities(redis.authority().orElseThrow().certificateFile())
                        .addressMapper(proxies::map)
                        .connect()) {
            assertThat(link.awaitUp(SOON)).isTrue();
            for (int i = 0; i < 30; i++) {
                byte[] key = ("k" + i).getBytes(UTF_8);
                String set = link.call(DEADLINE, c -> c.set(key, key));
                assertThat(set).isEqualTo("OK");
            }
            assertThat(redis.primaries())
                    .allSatisfy(p -> assertThat(proxies.of(p).openConnections()).isPositive());
            proxies.of(redis.primaryOf("k1")).resetAll();
            await().atMost(SOON).until(() -> {
                try {
                    return link.call(DEADLINE, c -> c.get("k1".getBytes(UTF_8))) != null;
                } catch (RedisException e) {
                    return false;
                }
            });
        }
    }
}
