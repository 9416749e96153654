package dev.holdfast.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.holdfast.core.Problem;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.tls.TestAuthority;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Servers that answer and will not have us. */
class RefusalTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String PASSWORD = "S3cret+W0rd/%@";

    private final LogCapture log = new LogCapture();
    private final List<AutoCloseable> open = new ArrayList<>();

    private <C extends AutoCloseable> C closing(C resource) {
        open.add(0, resource);
        return resource;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open) {
            resource.close();
        }
        log.close();
    }

    private static String refusalCode(RedisLink link) {
        return link.refusal().map(Problem::code).orElse("none");
    }

    @Test
    @Tag("fault")
    void wrong_password_is_a_problem_and_no_retry_storm() {
        RedisServer server = closing(RedisServer.builder().password(PASSWORD).start());
        FaultProxy proxy = closing(FaultProxy.to(server));
        RedisLink link = closing(RedisLink.builder("redis://" + proxy.host() + ":" + proxy.port())
                .password("wr0ng-" + PASSWORD)
                .connect());

        await().atMost(SOON).until(() -> refusalCode(link).equals("redis.auth.wrong"));
        assertThat(link.state()).isEqualTo(LinkState.DOWN);
        long attempts = proxy.acceptedConnections();
        await().during(Duration.ofSeconds(3)).atMost(SOON).until(() -> proxy.acceptedConnections() == attempts);
        assertThat(attempts).isLessThanOrEqualTo(2);
        assertThat(log.link(Level.WARN)).hasSize(1);
    }

    @Test
    void password_appears_nowhere() throws Exception {
        RedisServer server = closing(RedisServer.builder().password(PASSWORD).start());
        RedisLink good = closing(RedisLink.connect(server.uri()));
        RedisLink bad = closing(RedisLink.builder(server.uri().replace("S3cret", "Wr0ng"))
                .refusalRetry(Duration.ofMillis(50))
                .connect());
        assertThat(good.awaitUp(SOON)).isTrue();
        await().atMost(SOON).until(() -> bad.refusal().isPresent());

        StringWriter said = new StringWriter();
        for (RedisLink link : List.of(good, bad)) {
            said.append(link.toString()).append(link.refusal().toString());
            said.append(link.healthProbe().check().toString());
        }
        RedisException e = catchThrowableOfType(RedisException.class, () -> bad.call(SECOND, c -> c.ping()));
        e.printStackTrace(new PrintWriter(said));
        // A server quotes the arguments of commands that it does not know.
        RedisException quoted = catchThrowableOfType(
                RedisException.class,
                () -> good.call(
                        SECOND,
                        c -> c.eval(
                                "return redis.error_reply('ERR unknown command, with args beginning with: " + PASSWORD
                                        + "')",
                                io.lettuce.core.ScriptOutputType.STATUS,
                                new byte[][] {{1}})));
        quoted.printStackTrace(new PrintWriter(said));
        said.append(log.everything());

        assertThat(said.toString())
                .contains("redis.auth.wrong", "***")
                .doesNotContain("cret+W0rd", "cret%2BW0rd", "Wr0ng+W0rd", "Wr0ng%2BW0rd");
    }

    @Test
    void missing_password_is_a_problem() {
        RedisServer server = closing(RedisServer.builder().password(PASSWORD).start());
        RedisLink link = closing(RedisLink.connect("redis://" + server.host() + ":" + server.port()));

        await().atMost(SOON).until(() -> refusalCode(link).equals("redis.auth.missing"));
        assertThat(link.refusal().orElseThrow().remedy()).isNotEmpty();
    }

    @Test
    void corrected_password_is_picked_up_without_a_new_link() {
        RedisServer server = closing(RedisServer.builder().password(PASSWORD).start());
        String[] password = {"not yet"};
        RedisLink link = closing(RedisLink.builder("redis://" + server.host() + ":" + server.port())
                .password(() -> password[0])
                .refusalRetry(Duration.ofMillis(100))
                .connect());
        await().atMost(SOON).until(() -> link.refusal().isPresent());

        password[0] = PASSWORD;

        assertThat(link.awaitUp(SOON)).isTrue();
        assertThat(link.refusal()).isEmpty();
    }

    @Test
    void acl_user_connects_and_is_refused_what_it_may_not() {
        RedisServer server = closing(RedisServer.builder()
                .user("app", PASSWORD, "~hf:* resetchannels &hf:* +@all")
                .start());
        RedisLink link = closing(RedisLink.connect(server.uriFor("app")));
        assertThat(link.awaitUp(SOON)).isTrue();

        String set = link.call(SECOND, c -> c.set("hf:k".getBytes(UTF_8), new byte[1]));
        RedisException e = catchThrowableOfType(
                RedisException.class, () -> link.call(SECOND, c -> c.set("other".getBytes(UTF_8), new byte[1])));

        assertThat(set).isEqualTo("OK");
        assertThat(e).hasMessageContaining("NOPERM");
        assertThat(link.state()).isEqualTo(LinkState.UP);
    }

    @Test
    void absent_database_is_a_problem() {
        RedisServer server = closing(RedisServer.builder().start());
        RedisLink link = closing(RedisLink.connect(server.uri() + "/99"));

        await().atMost(SOON).until(() -> refusalCode(link).equals("redis.uri.db"));
        assertThat(link.state()).isEqualTo(LinkState.DOWN);
    }

    @Test
    void replica_is_refused_and_used_once_it_is_promoted() {
        RedisServer primary = closing(RedisServer.builder().start());
        RedisServer replica = closing(RedisServer.builder().start());
        replica.command("REPLICAOF", primary.host(), Integer.toString(primary.port()));
        RedisLink link = closing(RedisLink.connect(replica.uri()));

        await().atMost(SOON).until(() -> refusalCode(link).equals("redis.role"));
        replica.command("REPLICAOF", "NO", "ONE");

        assertThat(link.awaitUp(SOON)).isTrue();
    }

    @Test
    void primary_that_becomes_a_replica_is_left_at_the_first_readonly_answer() {
        RedisServer primary = closing(RedisServer.builder().start());
        RedisServer other = closing(RedisServer.builder().start());
        RedisLink link = closing(RedisLink.connect(primary.uri()));
        assertThat(link.awaitUp(SOON)).isTrue();

        primary.command("REPLICAOF", other.host(), Integer.toString(other.port()));
        await().atMost(SOON).until(() -> {
            try {
                link.call(SECOND, c -> c.set("k".getBytes(UTF_8), new byte[1]));
                return false;
            } catch (RedisUnavailableException e) {
                return refusalCode(link).equals("redis.role");
            } catch (RedisException e) {
                return false;
            }
        });

        assertThat(link.state()).isEqualTo(LinkState.DOWN);
    }

    @Test
    void tls_with_the_right_authority_works_for_commands_and_subscriptions() {
        RedisServer server =
                closing(RedisServer.builder().tls().password(PASSWORD).start());
        TestAuthority authority = server.authority().orElseThrow();
        RedisLink pem = closing(RedisLink.builder(server.uri())
                .tlsAuthorities(authority.certificateFile())
                .connect());
        RedisLink store = closing(RedisLink.builder(server.uri())
                .tlsTrustStore(authority.trustStoreFile(), new String(authority.trustStorePassword()))
                .connect());

        assertThat(pem.awaitUp(SOON)).isTrue();
        assertThat(store.awaitUp(SOON)).isTrue();
        String pong = pem.call(SECOND, c -> c.ping());
        assertThat(pong).isEqualTo("PONG");
        boolean[] subscribed = new boolean[1];
        pem.subscribe("news".getBytes(UTF_8), new SubscriptionListener() {
            @Override
            public void onSubscribed(long generation) {
                subscribed[0] = true;
            }

            @Override
            public void onMessage(byte[] message) {}
        });
        await().atMost(SOON).until(() -> subscribed[0]);
    }

    @Test
    void tls_server_with_a_wrong_certificate_is_refused_clearly() {
        RedisServer stranger = closing(RedisServer.builder().tls().start());
        TestAuthority authority = TestAuthority.create();
        RedisServer elsewhere = closing(RedisServer.builder()
                .tls(authority, authority.issue("redis.example.com"))
                .start());
        RedisServer expired = closing(RedisServer.builder()
                .tls(
                        authority,
                        authority.issue(
                                Instant.now().minusSeconds(9000), Instant.now().minusSeconds(60), "127.0.0.1"))
                .start());

        for (RedisServer server : List.of(stranger, elsewhere, expired)) {
            RedisLink link = closing(RedisLink.builder(server.uri())
                    .tlsAuthorities(authority.certificateFile())
                    .connect());
            await().atMost(SOON).until(() -> refusalCode(link).equals("redis.tls.untrusted"));
            assertThat(link.refusal().orElseThrow().message()).contains("TLS failed");
        }
        RedisLink lenient = closing(RedisLink.builder(elsewhere.uri())
                .tlsAuthorities(authority.certificateFile())
                .tlsVerification(TlsVerification.AUTHORITY)
                .connect());
        assertThat(lenient.awaitUp(SOON)).isTrue();
        RedisLink careless = closing(RedisLink.builder(stranger.uri())
                .tlsVerification(TlsVerification.NONE)
                .connect());
        assertThat(careless.awaitUp(SOON)).isTrue();
    }

    @Test
    void rediss_to_a_plaintext_port_says_what_may_be_wrong() throws Exception {
        RedisServer server = closing(RedisServer.builder().start());
        RedisLink link = closing(RedisLink.builder("rediss://" + server.host() + ":" + server.port())
                .commandTimeout(SECOND)
                .connect());

        await().atMost(SOON).until(() -> link.state() == LinkState.DOWN);
        Reading reading = link.healthProbe().check();
        assertThat(reading.status()).isEqualTo(Status.DOWN);
        assertThat(reading.message()).contains("speak TLS");
    }

    @Test
    void health_shows_the_refusal() throws Exception {
        RedisServer server = closing(RedisServer.builder().password(PASSWORD).start());
        RedisLink link = closing(RedisLink.connect("redis://:wrong@" + server.host() + ":" + server.port()));

        await().atMost(SOON).until(() -> link.refusal().isPresent());
        assertThat(link.healthProbe().check().facts().get("refusal").toString()).contains("redis.auth.wrong");
    }
}
