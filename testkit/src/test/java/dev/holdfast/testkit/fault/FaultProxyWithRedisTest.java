package dev.holdfast.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import dev.holdfast.testkit.redis.RespClient;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
class FaultProxyWithRedisTest {

    @Test
    void answerSwallowed_thenReset_leavesACommandExecutedOnce_andAClientWhoDoesNotKnow() {
        try (RedisServer redis = RedisServers.standalone();
                FaultProxy proxy = FaultProxy.to(redis);
                RespClient client = RespClient.connect(proxy.host(), proxy.port())) {
            assertThat(client.call("INCR", "count").number()).isEqualTo(1);
            proxy.swallowRepliesUntilReset();

            CompletableFuture<Void> unanswered = CompletableFuture.runAsync(() -> client.call("INCR", "count"));
            await().untilAsserted(() -> assertThat(proxy.bytesSwallowed()).isEqualTo(":2\r\n".length()));
            assertThat(unanswered).isNotDone();
            proxy.resetAll();

            assertThatThrownBy(unanswered::join)
                    .hasCauseInstanceOf(ServerException.class)
                    .hasRootCauseInstanceOf(SocketException.class);
            assertThat(redis.command("GET", "count").number()).isEqualTo(2);
        }
    }

    @Test
    void cut_keepsThePublishedMessageBack_healDeliversIt() {
        try (RedisServer redis = RedisServers.standalone();
                FaultProxy proxy = FaultProxy.to(redis);
                RespClient subscriber = RespClient.connect(proxy.host(), proxy.port())) {
            subscriber.call("SUBSCRIBE", "news");
            proxy.cut();

            redis.command("PUBLISH", "news", "hello");
            long before = proxy.bytesToClient();
            proxy.heal();

            assertThat(subscriber.receive().texts()).containsExactly("message", "news", "hello");
            // Bytes are counted once they are written, and the subscriber may be faster than that.
            await().untilAsserted(() -> assertThat(proxy.bytesToClient()).isGreaterThan(before));
        }
    }

    @Test
    void restartedServer_isReachedThroughTheSameProxy() {
        try (RedisServer redis = RedisServers.standalone();
                FaultProxy proxy = FaultProxy.to(redis)) {
            redis.kill();
            assertThatThrownBy(() -> {
                        try (RespClient client = RespClient.connect(proxy.host(), proxy.port())) {
                            client.call("PING");
                        }
                    })
                    .isInstanceOf(ServerException.class);

            redis.start();

            try (RespClient client = RespClient.connect(proxy.host(), proxy.port())) {
                assertThat(client.call("PING").text()).isEqualTo("PONG");
            }
        }
    }
}
