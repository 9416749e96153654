package dev.holdfast.cache.revocation;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes with a list each on one Redis. */
@Servers
class RevocationListTest {
    private RedisServer redis;
    private RedisLink linkA;
    private RedisLink linkB;
    private RevocationList a;
    private RevocationList b;

    @BeforeEach
    void open(RedisServer redis) {
        this.redis = redis;
        linkA = RedisLink.connect(redis.uri());
        linkB = RedisLink.connect(redis.uri());
        assertThat(linkA.awaitUp(Duration.ofSeconds(10))).isTrue();
        assertThat(linkB.awaitUp(Duration.ofSeconds(10))).isTrue();
        a = list(linkA).build();
        b = list(linkB).build();
    }

    private static RevocationListBuilder list(RedisLink link) {
        return RevocationList.builder("tokens")
                .redis(link)
                .whenUnknown(WhenUnknown.REJECT)
                .maximumTokenLife(Duration.ofHours(24));
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        linkA.close();
        linkB.close();
    }

    private static Instant inAnHour() {
        return Instant.now().plus(1, ChronoUnit.HOURS);
    }

    @Test
    void token_revokedOnOneNode_isRevokedThereAtOnceAndOnTheOtherSoon() {
        assertThat(a.isRevoked("t1")).isFalse();
        assertThat(b.isRevoked("t1")).as("cached as not revoked").isFalse();

        a.revoke("t1", inAnHour());

        assertThat(a.isRevoked("t1")).isTrue();
        await().atMost(5, SECONDS)
                .untilAsserted(() -> assertThat(b.isRevoked("t1")).isTrue());
        assertThat(b.isRevoked("t2")).isFalse();
        assertThat(a.pending()).isZero();
    }

    @Test
    void tokens_revokedTogether_areRevokedOnANodeThatStartsLater() {
        Map<String, Instant> many =
                IntStream.range(0, 1_200).boxed().collect(Collectors.toMap(i -> "bulk" + i, i -> inAnHour()));
        a.revokeAll(many);
        try (RevocationList later = list(linkB).build()) {
            assertThat(many.keySet()).allMatch(later::isRevoked);
            assertThat(later.isRevoked("bulk1200")).isFalse();
        }
    }

    @Test
    void tokens_neverSeenBefore_costRedisNothingOnceTheBucketsAreHere() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        a.metrics().bindTo(registry);
        int all = Fingerprint.buckets().size();
        await().atMost(30, SECONDS)
                .until(() -> registry.get("cache.size").gauge().value() == all && beyondTier1(registry) >= all);
        double before = beyondTier1(registry);
        for (int i = 0; i < 10_000; i++) {
            a.isRevoked("made up " + i, "user" + i, Instant.now());
        }
        assertThat(beyondTier1(registry)).isEqualTo(before);
    }

    private static double beyondTier1(SimpleMeterRegistry registry) {
        return registry.get("cache.gets").tag("tier", "2").functionCounter().count()
                + registry.get("cache.gets")
                        .tag("tier", "source")
                        .functionCounter()
                        .count();
    }

    @Test
    void subject_loggedOutEverywhere_losesTheTokensIssuedBefore() {
        Instant logout = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        assertThat(b.isRevoked("t1", "user7", logout.minusSeconds(60))).isFalse();

        a.revokeSubject("user7", logout);

        assertThat(a.isRevoked("t1", "user7", logout.minusMillis(1))).isTrue();
        assertThat(a.isRevoked("t2", "user7", logout)).isFalse();
        assertThat(a.isRevoked("t3", "user8", logout.minusSeconds(60))).isFalse();
        await().atMost(5, SECONDS)
                .untilAsserted(() -> assertThat(b.isRevoked("t1", "user7", logout.minusSeconds(60)))
                        .isTrue());

        a.revokeSubject("user7", logout.minusSeconds(30));
        assertThat(a.isRevoked("t1", "user7", logout.minusSeconds(1)))
                .as("an earlier log-out does not undo a later one")
                .isTrue();
    }

    @Test
    void token_revokedByItself_isRevokedWhateverItsSubject() {
        a.revoke("t1", inAnHour());
        assertThat(a.isRevoked("t1", "user7", Instant.now())).isTrue();
        assertThat(a.isRevoked("t2", "user7", Instant.now())).isFalse();
    }

    @Test
    void answers_withoutWaiting_areTheSame() throws Exception {
        Instant now = Instant.now();
        assertThat(a.isRevokedAsync("t1").get(10, SECONDS)).isFalse();
        assertThat(a.isRevokedAsync("t1", "user7", now).get(10, SECONDS)).isFalse();
        a.revoke("t1", inAnHour());
        a.revokeSubject("user7", now);
        try (RevocationList fresh = list(linkB).build()) {
            assertThat(fresh.isRevokedAsync("t1").get(10, SECONDS)).isTrue();
            assertThat(fresh.isRevokedAsync("t1", "user8", now).get(10, SECONDS))
                    .isTrue();
            assertThat(fresh.isRevokedAsync("t2", "user7", now.minusSeconds(1)).get(10, SECONDS))
                    .isTrue();
            assertThat(fresh.isRevokedAsync("t2", "user7", now.plusSeconds(1)).get(10, SECONDS))
                    .isFalse();
        }
    }

    @Test
    void token_thatHasEnded_isPassedOver() {
        a.revoke("old", Instant.now().minus(10, ChronoUnit.MINUTES));
        assertThat(a.isRevoked("old")).isFalse();
        assertThat(redis.command("KEYS", "*:revoked:*").list()).isEmpty();
    }

    @Test
    void bucket_inRedis_endsWithItsLastTokenAndHoldsNoIdentifier() {
        a.revoke("secret-session", inAnHour());
        String bucket =
                "hf:tokens:revoked:{" + Fingerprint.token("secret-session").bucket() + "}";
        assertThat(redis.command("PTTL", bucket).number())
                .isBetween(
                        Duration.ofMinutes(64).toMillis(),
                        Duration.ofMinutes(65).toMillis());
        a.revoke("secret-session", Instant.now().plusSeconds(60));
        assertThat(redis.command("PTTL", bucket).number())
                .as("an earlier end does not shorten it")
                .isGreaterThan(Duration.ofMinutes(64).toMillis());
        assertThat(redis.command("ZCARD", bucket).number()).isEqualTo(1);
        List<String> keys = redis.command("KEYS", "*").texts();
        assertThat(keys).isNotEmpty().noneMatch(key -> key.contains("secret"));
        assertThat(String.valueOf(redis.command("ZRANGE", bucket, "0", "-1"))).doesNotContain("secret");
    }

    @Test
    void bucket_writtenAgain_dropsWhatHasEnded() {
        String bucket = "hf:tokens:revoked:{" + Fingerprint.token("t1").bucket() + "}";
        long ended = Instant.now().minus(6, ChronoUnit.MINUTES).toEpochMilli();
        redis.command("ZADD", bucket, Long.toString(ended), "0123456789abcdef");
        a.revoke("t1", inAnHour());
        assertThat(redis.command("ZCARD", bucket).number()).isEqualTo(1);
    }

    @Test
    void expiry_beyondTheLongestLife_isRefused() {
        assertThatThrownBy(() -> a.revoke("t1", Instant.MAX))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expiresAt")
                .hasMessageContaining("maximumTokenLife PT24H");
        assertThatThrownBy(() -> a.revoke("", inAnHour())).hasMessageContaining("token id is empty");
    }

    @Test
    void list_withoutRedis_isANodesOwnAndBounded() {
        try (RevocationList alone = list(RedisLink.disabled()).maximumHeld(2).build()) {
            assertThat(alone.isRevoked("t1")).isFalse();
            alone.revoke("t1", inAnHour());
            alone.revokeSubject("user7", Instant.now());
            assertThat(alone.isRevoked("t1")).isTrue();
            assertThat(alone.isRevoked("t2", "user7", Instant.EPOCH)).isTrue();
            assertThatThrownBy(() -> alone.revoke("t3", inAnHour()))
                    .isInstanceOf(RevocationRefusedException.class)
                    .hasMessageContaining("maximumHeld 2");
            assertThat(alone.isRevoked("t3")).isFalse();
        }
    }

    @Test
    void list_closed_refuses() {
        a.close();
        assertThatThrownBy(() -> a.revoke("t1", inAnHour())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> a.isRevoked("t1")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void build_withoutDecisions_namesEachOfThem() {
        assertThatThrownBy(() -> RevocationList.builder("a b").maximumHeld(0).build())
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::property)
                        .containsExactly("name", "redis", "whenUnknown", "maximumTokenLife", "maximumHeld"));
        UnaryOperator<RevocationListBuilder> worse = builder -> builder.maxStale(Duration.ZERO)
                .replayWindow(Duration.ZERO)
                .maximumBytes(1)
                .keyPrefix("{}")
                .maximumTokenLife(Duration.ofDays(40_000));
        assertThatThrownBy(() -> worse.apply(list(linkA)).build())
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::property)
                        .containsExactly("keyPrefix", "maximumTokenLife", "maxStale", "replayWindow", "maximumBytes"));
    }
}
