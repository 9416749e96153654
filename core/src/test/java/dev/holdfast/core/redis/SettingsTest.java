package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static List<Problem> problems(RedisLinkBuilder builder) {
        ConfigurationException e =
                catchThrowableOfType(ConfigurationException.class, () -> new SettingsCheck(builder).settings());
        return e == null ? List.of() : e.problems();
    }

    private static List<String> codes(RedisLinkBuilder builder) {
        return problems(builder).stream().map(Problem::code).toList();
    }

    @Test
    void five_mistakes_are_five_problems_in_one_exception() {
        RedisLinkBuilder builder = RedisLink.builder("redis://localhost:70000")
                .commandTimeout(Duration.ofSeconds(-3))
                .connectTimeout(Duration.ZERO)
                .requestQueueSize(0)
                .reconnect(Duration.ofSeconds(2), Duration.ofSeconds(1));

        assertThat(codes(builder))
                .containsExactly(
                        "redis.uri.port",
                        "redis.connectTimeout",
                        "redis.commandTimeout",
                        "redis.reconnect.cap",
                        "redis.requestQueueSize");
        assertThat(problems(builder)).allSatisfy(problem -> {
            assertThat(problem.property()).isNotEmpty();
            assertThat(problem.value()).isNotEmpty();
            assertThat(problem.message()).isNotEmpty();
            assertThat(problem.remedy()).isNotEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource({
        "'', redis.uri",
        "localhost:6379, redis.uri",
        "http://localhost, redis.uri.scheme",
        "redis://, redis.uri.host",
        "redis://bad host, redis.uri.host",
        "redis://h:0, redis.uri.port",
        "redis://h:99999999999, redis.uri.port",
        "redis://h:x, redis.uri.port",
        "redis://h/-1, redis.uri.db",
        "redis://h/x, redis.uri.db",
        "redis-cluster://h/1, redis.uri.db",
        "'redis://h1,h2', redis.uri.host",
        "redis-sentinel://h, redis.uri.primary",
        "redis://h#primary, redis.uri.fragment",
        "redis://secret@h, redis.uri.credentials",
        "redis://u:100%@h, redis.uri.credentials",
        "redis://h?timeout=3s, redis.uri.query",
    })
    void uri_that_cannot_be_used_is_a_problem(String uri, String code) {
        assertThat(codes(RedisLink.builder(uri))).containsExactly(code);
    }

    @Test
    void null_uri_is_a_problem() {
        assertThat(codes(RedisLink.builder(null))).containsExactly("redis.uri");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://localhost",
                "redis://127.0.0.1:6380/3",
                "rediss://user:p%40ss@redis.example.com",
                "redis://:pass@[::1]:6379",
                "redis-sentinel://:pass@s1,s2:26380,s3/2#mymaster",
                "rediss-cluster://u:p@c1:7000,c2:7001",
            })
    void usable_uri_is_accepted(String uri) {
        assertThat(problems(RedisLink.builder(uri))).isEmpty();
    }

    @Test
    void parse_takes_every_part_of_a_uri() {
        RedisUri uri = RedisUri.parse("rediss-sentinel://ann:p%40s%2Fs+@S1,[2001:db8::1]:26380/2#mymaster");

        assertThat(uri.problems()).isEmpty();
        assertThat(uri.mode()).isEqualTo(RedisMode.SENTINEL);
        assertThat(uri.tls()).isTrue();
        assertThat(uri.username()).isEqualTo("ann");
        assertThat(uri.password()).isEqualTo("p@s/s+");
        assertThat(uri.hosts()).containsExactly(new HostPort("s1", 26379), new HostPort("2001:db8::1", 26380));
        assertThat(uri.database()).isEqualTo(2);
        assertThat(uri.primaryName()).isEqualTo("mymaster");
    }

    @Test
    void password_with_an_at_sign_is_taken_whole() {
        RedisUri uri = RedisUri.parse("redis://:p@ss:w0rd@h:1234");

        assertThat(uri.problems()).isEmpty();
        assertThat(uri.password()).isEqualTo("p@ss:w0rd");
        assertThat(uri.hosts()).containsExactly(new HostPort("h", 1234));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://u:S3cretW0rd@h:70000",
                "http://u:S3cretW0rd@h",
                "redis://S3cretW0rd@h",
                "redis://u:S3cretW0rd%@h",
                "redis://u:S3cretW0rd/x@h",
                "redis://u:S3cretW0rd#x@h",
                "redis://u:S3cretW0rd?x@h",
                "redis://h?password=S3cretW0rd&x=S3cretW0rd",
                "u:S3cretW0rd@h",
                "redis:/u:S3cretW0rd@h",
            })
    void password_is_in_no_message(String uri) {
        ConfigurationException e = catchThrowableOfType(
                ConfigurationException.class,
                () -> new SettingsCheck(RedisLink.builder(uri).connectTimeout(Duration.ZERO)).settings());

        assertThat(e).isNotNull();
        assertThat(e.toString()).doesNotContain("S3cretW0rd");
        assertThat(RedisUri.parse(uri).toString()).doesNotContain("S3cretW0rd");
    }

    @Test
    void tls_settings_for_a_plaintext_uri_are_a_problem(@TempDir Path dir) throws Exception {
        Path notPem = Files.writeString(dir.resolve("ca.pem"), "no certificate");

        assertThat(codes(RedisLink.builder("redis://h").tlsVerification(TlsVerification.NONE)))
                .containsExactly("redis.tls.plaintext");
        assertThat(codes(RedisLink.builder("rediss://h").tlsAuthorities(dir.resolve("absent.pem"))))
                .containsExactly("redis.tls.file");
        assertThat(codes(RedisLink.builder("rediss://h").tlsAuthorities(notPem)))
                .containsExactly("redis.tls.file");
    }

    @Test
    void identity_that_is_no_certificate_or_no_readable_key_is_a_problem(@TempDir Path dir) throws Exception {
        Path junk = Files.writeString(dir.resolve("junk.pem"), "junk");
        Path encrypted = Files.writeString(
                dir.resolve("key.pem"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n");

        assertThat(codes(RedisLink.builder("rediss://h").tlsIdentity(junk, encrypted)))
                .containsExactly("redis.tls.file", "redis.tls.file");
    }

    @Test
    void name_that_is_none_and_queue_too_short_for_a_handshake_are_problems() {
        assertThat(codes(RedisLink.builder("redis://h").name("Two words").requestQueueSize(7)))
                .containsExactlyInAnyOrder("redis.name", "redis.requestQueueSize");
    }

    @Test
    void production_refuses_what_is_unsafe_and_development_does_not() {
        RedisLinkBuilder local = RedisLink.builder("redis://localhost");

        assertThat(problems(local)).isEmpty();
        assertThat(codes(local.profile(Profile.PRODUCTION)))
                .containsExactly("redis.production.localhost", "redis.production.password");
        assertThatCode(() -> new SettingsCheck(RedisLink.builder("redis://localhost")
                                .profile(Profile.PRODUCTION)
                                .accept(List.of("redis.production.localhost")))
                        .settings())
                .doesNotThrowAnyException();
        assertThat(codes(RedisLink.builder("rediss://u:p@h")
                        .tlsVerification(TlsVerification.NONE)
                        .profile(Profile.PRODUCTION)))
                .containsExactly("redis.production.tls");
    }

    @Test
    void fatal_problems_stop_the_start_in_development_too() {
        assertThat(codes(RedisLink.builder("redis://h")
                        .profile(Profile.DEVELOPMENT)
                        .breaker(10, 11, 0)))
                .containsExactly("redis.breaker.minimumCalls", "redis.breaker.failureRate");
    }
}
