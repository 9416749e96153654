package dev.holdfast.cache.revocation;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.cache.OutagePolicy;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Redis frozen, killed and back: what is revoked stays revoked, and what nobody knows is decided as declared. */
@Tag("fault")
class RevocationOutageTest {
    private final RedisServer redis = RedisServers.standalone();
    private final RedisLink linkA = link();
    private final RedisLink linkB = link();

    private RedisLink link() {
        RedisLink link = RedisLink.builder(redis.uri())
                .commandTimeout(Duration.ofMillis(500))
                .connect();
        assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
        return link;
    }

    private static RevocationListBuilder list(RedisLink link) {
        return RevocationList.builder("tokens")
                .redis(link)
                .whenUnknown(WhenUnknown.ACCEPT)
                .maximumTokenLife(Duration.ofHours(24));
    }

    @AfterEach
    void stop() {
        linkA.close();
        linkB.close();
        redis.close();
    }

    private static Instant inAnHour() {
        return Instant.now().plus(1, ChronoUnit.HOURS);
    }

    private static void awaitRevoked(RevocationList list, String token) {
        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(list.isRevoked(token)).isTrue());
    }

    /** What a node has read before is dropped when it comes in step. */
    private static void awaitInStep(RevocationList list) {
        await().atMost(10, SECONDS).until(() -> list.healthProbe().check().status() == Status.UP);
    }

    @Test
    void revocation_whileRedisIsFrozen_holdsHereAtOnceAndElsewhereWhenItGoesOn() throws Exception {
        try (RevocationList a = list(linkA).build();
                RevocationList b = list(linkB).build()) {
            assertThat(b.isRevoked("t1")).isFalse();
            redis.pause();
            a.revoke("t1", inAnHour());
            assertThat(a.isRevoked("t1")).isTrue();
            assertThat(a.pending()).isEqualTo(1);
            assertThat(a.healthProbe().check())
                    .satisfies(reading -> assertThat(reading.status()).isEqualTo(Status.DEGRADED))
                    .satisfies(reading -> assertThat(reading.facts()).containsEntry("pending", 1));
            redis.resume();
            awaitRevoked(b, "t1");
            await().atMost(10, SECONDS).until(() -> a.pending() == 0);
        }
    }

    @Test
    void revocation_whileRedisIsDeadUnderThrow_isReportedAndStillArrives() {
        try (RevocationList a = list(linkA).whenRedisAway(OutagePolicy.THROW).build();
                RevocationList b = list(linkB).build()) {
            redis.kill();
            assertThatThrownBy(() -> a.revoke("t1", inAnHour()))
                    .isInstanceOf(RevocationPendingException.class)
                    .hasMessageContaining("1 revocation on this node so far, to be sent when Redis answers");
            assertThat(a.isRevoked("t1")).isTrue();
            redis.start();
            awaitRevoked(b, "t1");
        }
    }

    @Test
    void revocation_lostWithItsServer_isSentAgain() {
        try (RevocationList a = list(linkA).build();
                RevocationList b = list(linkB).build()) {
            a.revoke("t1", inAnHour());
            a.revokeSubject("user7", Instant.now());
            assertThat(a.pending()).isZero();
            redis.kill(); // It keeps nothing, like a replica that was promoted without the tail.
            redis.start();
            awaitRevoked(b, "t1");
            await().atMost(10, SECONDS)
                    .untilAsserted(() -> assertThat(
                                    b.isRevoked("t2", "user7", Instant.now().minusSeconds(60)))
                            .isTrue());
        }
    }

    @Test
    void queue_full_refusesTheRestWithoutTakingAnyOfIt() {
        try (RevocationList a = list(linkA).maximumHeld(2).build()) {
            redis.kill();
            await().until(() -> linkA.state() == LinkState.DOWN);
            a.revoke("t1", inAnHour());
            a.revoke("t2", inAnHour());
            a.revoke("t2", inAnHour());
            assertThatThrownBy(() -> a.revoke("t3", inAnHour()))
                    .isInstanceOf(RevocationRefusedException.class)
                    .hasMessageContaining("maximumHeld 2, since Redis is away");
            assertThat(a.isRevoked("t3")).isFalse();
            redis.start();
            await().atMost(10, SECONDS).until(() -> a.pending() == 0);
            a.revoke("t3", inAnHour());
            assertThat(a.isRevoked("t3")).isTrue();
        }
    }

    @Test
    void token_nobodyKnows_isDecidedAsDeclared() {
        redis.kill();
        await().until(() -> linkA.state() == LinkState.DOWN);
        try (RevocationList open = list(linkA).build();
                RevocationList closed =
                        list(linkA).whenUnknown(WhenUnknown.REJECT).build()) {
            assertThat(open.isRevoked("t1")).isFalse();
            assertThat(open.isRevoked("t1", "user7", Instant.now())).isFalse();
            assertThat(closed.isRevoked("t1")).isTrue();
            assertThat(closed.isRevoked("t1", "user7", Instant.now())).isTrue();
            assertThat(open.isRevokedAsync("t1"))
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isEqualTo(false);
            assertThat(closed.isRevokedAsync("t1", "user7", Instant.now()))
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isEqualTo(true);

            open.revoke("t1", inAnHour());
            assertThat(open.isRevokedAsync("t1")).isCompletedWithValue(true);
            assertThat(open.isRevoked("t1", "user7", Instant.now()))
                    .as("known here, whatever Redis knows")
                    .isTrue();

            redis.start();
            await().atMost(10, SECONDS)
                    .untilAsserted(() -> assertThat(closed.isRevoked("t2")).isFalse());
        }
    }

    @Test
    void node_cutOff_answersFromItsCopyNoLongerThanMaxStale() {
        try (RevocationList a = list(linkA)
                .whenUnknown(WhenUnknown.REJECT)
                .maxStale(Duration.ofSeconds(2))
                .build()) {
            awaitInStep(a);
            assertThat(a.isRevoked("t1")).isFalse();
            redis.pause();
            assertThat(a.isRevoked("t1")).as("still from the copy").isFalse();
            awaitRevoked(a, "t1");
        }
    }

    @Test
    void outage_isLoggedOnceAndSoIsWhatIsLostAtTheEnd() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(RevocationList.class);
        log.start();
        logger.addAppender(log);
        try {
            RevocationList a = list(linkA).build();
            redis.kill();
            await().until(() -> linkA.state() == LinkState.DOWN);
            for (int i = 0; i < 10; i++) {
                a.isRevoked("t" + i);
            }
            a.revoke("secret-session", inAnHour());
            a.close();
        } finally {
            logger.detachAppender(log);
        }
        List<String> warnings = log.list.stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
        assertThat(warnings).hasSize(2);
        assertThat(warnings.get(0)).contains("counts as valid");
        assertThat(warnings.get(1))
                .contains("1 revocation of this node never reached it")
                .doesNotContain("secret");
    }
}
