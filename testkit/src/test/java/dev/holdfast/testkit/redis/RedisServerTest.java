package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.tls.TestAuthority;
import dev.holdfast.testkit.tls.TestCertificate;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Servers
class RedisServerTest {

    @Test
    void standalone_answers() {
        try (RedisServer redis = RedisServers.standalone()) {
            assertThat(redis.uri()).isEqualTo("redis://127.0.0.1:" + redis.port());
            assertThat(redis.command("SET", "key", "grüße").text()).isEqualTo("OK");
            assertThat(redis.command("GET", "key").text()).isEqualTo("grüße");
            assertThat(redis.command("GET", "absent").isNull()).isTrue();
            assertThat(redis.command("INCR", "count").number()).isEqualTo(1);
            assertThat(redis.command("RPUSH", "list", "a", "b").number()).isEqualTo(2);
            assertThat(redis.command("LRANGE", "list", "0", "-1").texts()).containsExactly("a", "b");
            assertThat(redis.info("role")).hasValue("master");
            assertThat(redis.info("no such field")).isEmpty();
        }
    }

    @Test
    void errors_areExceptionsWithTheirCode_exceptInsideAList() {
        try (RedisServer redis = RedisServers.standalone();
                RespClient client = redis.client()) {
            assertThatThrownBy(() -> client.call("HGET", "x"))
                    .isInstanceOf(RedisReplyException.class)
                    .hasMessageContaining("HGET: ERR wrong number of arguments")
                    .extracting(e -> ((RedisReplyException) e).code())
                    .isEqualTo("ERR");
            client.call("SET", "text", "a");
            client.call("MULTI");
            client.call("INCR", "text");
            client.call("INCR", "number");

            assertThat(client.call("EXEC").texts()).hasSize(2).last().isEqualTo("1");
        }
    }

    @Test
    void password_isRequired_alsoOneThatNeedsQuoting() {
        try (RedisServer redis =
                RedisServer.builder().password("s\"e c\\ret+/@").start()) {
            assertThat(redis.command("PING").text()).isEqualTo("PONG");
            assertThat(redis.uri()).contains(":s%22e%20c%5Cret%2B%2F%40@");
            assertThat(redis.toString()).doesNotContain("ret").isEqualTo("redis://127.0.0.1:" + redis.port());
            try (RespClient stranger = RespClient.connect(redis.host(), redis.port())) {
                assertThatThrownBy(() -> stranger.call("PING")).hasMessageContaining("NOAUTH");
            }
        }
    }

    @Test
    void user_hasItsOwnRights() {
        try (RedisServer redis = RedisServer.builder()
                        .user("app", "pw", "~hf:* &* +@all")
                        .start();
                RespClient client = redis.client()) {
            assertThat(redis.uriFor("app")).isEqualTo("redis://app:pw@127.0.0.1:" + redis.port());
            client.call("AUTH", "app", "pw");

            assertThat(client.call("SET", "hf:a", "1").text()).isEqualTo("OK");
            assertThatThrownBy(() -> client.call("SET", "other", "1")).hasMessageContaining("NOPERM");
            assertThatThrownBy(() -> redis.uriFor("nobody")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void maxMemoryAndDirectives_areInForce() {
        try (RedisServer redis = RedisServer.builder()
                .maxMemory("16mb", "allkeys-lfu")
                .directive("notify-keyspace-events", "Ex")
                .start()) {
            assertThat(redis.command("CONFIG", "GET", "maxmemory*").texts())
                    .containsSequence("maxmemory", "16777216")
                    .containsSequence("maxmemory-policy", "allkeys-lfu");
            assertThat(redis.command("CONFIG", "GET", "notify-keyspace-events").texts())
                    .last()
                    .isEqualTo("xE");
        }
    }

    @Test
    void directive_thatRedisDoesNotKnow_isReportedWithItsOutput() {
        RedisServer.Builder builder = RedisServer.builder().directive("no-such-directive", "1");

        assertThatThrownBy(builder::start)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("no-such-directive");
    }

    @Test
    void tls_servesThoseWhoTrustTheAuthority_andNobodyElse() throws Exception {
        try (RedisServer redis = RedisServer.builder().password("pw").tls().start()) {
            assertThat(redis.uri()).isEqualTo("rediss://:pw@127.0.0.1:" + redis.port());
            assertThat(redis.command("PING").text()).isEqualTo("PONG");

            handshake(redis, redis.authority().orElseThrow());
            assertThatThrownBy(() -> handshake(redis, TestAuthority.create()))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("unable to find valid certification path");
            try (RespClient plain = RespClient.connect(redis.host(), redis.port())) {
                assertThatThrownBy(() -> plain.call("PING")).isInstanceOf(ServerException.class);
            }
        }
    }

    @Test
    void tls_withACertificateForAnotherHost_startsAndIsRefusedByItsClients() {
        TestAuthority authority = TestAuthority.create();
        try (RedisServer redis = RedisServer.builder()
                .tls(authority, authority.issue("redis.example"))
                .start()) {
            assertThat(redis.command("PING").text()).isEqualTo("PONG");
            assertThatThrownBy(() -> handshake(redis, authority))
                    .hasStackTraceContaining("No subject alternative names matching IP address 127.0.0.1 found");
        }
    }

    @Test
    void tls_withAnExpiredCertificate_startsAndIsRefusedByItsClients() {
        TestAuthority authority = TestAuthority.create();
        Instant now = Instant.now();
        TestCertificate expired =
                authority.issue(now.minus(Duration.ofDays(3)), now.minus(Duration.ofDays(1)), "127.0.0.1");
        try (RedisServer redis = RedisServer.builder().tls(authority, expired).start()) {
            assertThat(redis.command("PING").text()).isEqualTo("PONG");
            assertThatThrownBy(() -> handshake(redis, authority))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasStackTraceContaining("NotAfter");
        }
    }

    private static void handshake(RedisServer redis, TestAuthority trusted) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) trusted.sslContext().getSocketFactory().createSocket(redis.host(), redis.port())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }

    @Test
    @Tag("fault")
    void pause_leavesConnectionsOpenAndUnanswered_resumeAnswersThem() {
        try (RedisServer redis = RedisServers.standalone()) {
            redis.pause();

            assertThat(redis.isPaused()).isTrue();
            try (RespClient impatient = redis.client(Duration.ofMillis(200))) {
                assertThatThrownBy(() -> impatient.call("PING"))
                        .isInstanceOf(ServerException.class)
                        .hasMessageContaining("PING: no answer from")
                        .hasRootCauseMessage("Read timed out");
            }
            redis.resume();
            assertThat(redis.command("PING").text()).isEqualTo("PONG");
        }
    }

    @Test
    @Tag("fault")
    void kill_andStart_keepThePort_andLoseTheData() {
        try (RedisServer redis = RedisServers.standalone()) {
            int port = redis.port();
            redis.command("SET", "key", "value");
            redis.command("SAVE");

            redis.kill();

            assertThat(redis.isRunning()).isFalse();
            assertThatThrownBy(() -> new Socket(redis.host(), port)).hasMessageContaining("refused");
            redis.start();
            assertThat(redis.port()).isEqualTo(port);
            assertThat(redis.command("DBSIZE").number()).isZero();
        }
    }

    @Test
    @Tag("fault")
    void restartKeepingData_keepsItOnce() {
        try (RedisServer redis = RedisServers.standalone()) {
            redis.command("SET", "key", "value");

            redis.restartKeepingData();
            assertThat(redis.command("GET", "key").text()).isEqualTo("value");

            redis.restart();
            assertThat(redis.command("DBSIZE").number()).isZero();
        }
    }

    @Test
    @Tag("fault")
    void persistent_survivesKill() {
        try (RedisServer redis = RedisServer.builder().persistent().start()) {
            redis.command("SET", "key", "value");

            redis.kill();
            redis.start();

            assertThat(redis.command("GET", "key").text()).isEqualTo("value");
        }
    }

    @Test
    void receive_hearsWhatIsPublished() {
        try (RedisServer redis = RedisServers.standalone();
                RespClient subscriber = redis.client()) {
            assertThat(subscriber.call("SUBSCRIBE", "news").texts()).containsExactly("subscribe", "news", "1");

            assertThat(redis.command("PUBLISH", "news", "hello").number()).isEqualTo(1);

            assertThat(subscriber.receive().texts()).containsExactly("message", "news", "hello");
        }
    }
}
