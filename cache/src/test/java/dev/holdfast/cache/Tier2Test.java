package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The fenced writes of tier 2, one rule each. */
class Tier2Test extends SharedRedis {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final KeyLayout LAYOUT = new KeyLayout("hf", "fleet");
    private static final String VALUE = "hf:fleet:v1:{1}";
    private static final String LEASE = "hf:fleet:l:{1}";

    private static RedisLink link;
    private static Tier2 tier2;

    @BeforeAll
    static void start() {
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
        ControlLog log = new ControlLog(LAYOUT, 300_000_000, 300_000_000, 1_000);
        tier2 = new Tier2(link, LAYOUT, log, PATIENCE, Duration.ofSeconds(10));
    }

    @AfterAll
    static void stop() {
        link.close();
    }

    private static boolean fill(byte[] token, long born) {
        byte[] payload = "v".getBytes(StandardCharsets.US_ASCII);
        Envelope envelope = new Envelope(
                0, 1, born, Long.MAX_VALUE, Long.MAX_VALUE, 0, "1", Entry.NO_TAGS, payload, 0, payload.length);
        return tier2.fill(List.of(new Tier2.Fill("1", token, envelope, 60_000)), PATIENCE)
                .join()
                .get(0);
    }

    private static byte[] lease() {
        return Objects.requireNonNull(tier2.lease("1", PATIENCE));
    }

    private static long born() {
        return Objects.requireNonNull(Envelope.parse(redis.command("GET", VALUE).bytes(), "1"))
                .born();
    }

    @Test
    void fill_whereANewerValueIs_isRefused() {
        assertThat(fill(lease(), 1L << 51)).isTrue();
        assertThat(fill(lease(), (1L << 51) - 1)).isFalse();
        assertThat(born()).isEqualTo(1L << 51);
        assertThat(fill(lease(), 1L << 51)).as("as new as what is there").isTrue();
        assertThat(fill(lease(), (1L << 51) + 1)).isTrue();
        assertThat(born()).isEqualTo((1L << 51) + 1);
    }

    @Test
    void fill_underALeaseThatIsNotThereOrAnothers_isRefused() {
        assertThat(fill(Tier2.newToken(), 1)).isFalse();
        byte[] mine = lease();
        assertThat(tier2.lease("1", PATIENCE)).as("one at a time").isNull();
        redis.command("SET", LEASE, "another's");
        assertThat(fill(mine, 1)).isFalse();
        assertThat(redis.command("GET", LEASE).text())
                .as("is left to its owner")
                .isEqualTo("another's");
        assertThat(redis.command("EXISTS", VALUE).number()).isZero();
    }

    @Test
    void fill_thatWasStored_endsItsLease() {
        assertThat(fill(lease(), 1)).isTrue();
        assertThat(redis.command("EXISTS", LEASE).number()).isZero();
    }

    @Test
    void release_ofALease_givesBackOnlyOnesOwn() {
        byte[] mine = lease();
        tier2.release(Map.of("1", Tier2.newToken())).join();
        assertThat(redis.command("EXISTS", LEASE).number()).isEqualTo(1);
        tier2.release(Map.of("1", mine)).join();
        assertThat(redis.command("EXISTS", LEASE).number()).isZero();
    }

    @Test
    void delete_takesValueAndLease() {
        assertThat(fill(lease(), 1)).isTrue();
        lease();
        tier2.delete(List.of("1"), PATIENCE);
        assertThat(redis.command("EXISTS", VALUE, LEASE).number()).isZero();
    }

    @Test
    void stampPuts_takesTheLeaseFromWhoHasIt() {
        byte[] theirs = lease();
        byte[] mine = Tier2.newToken();
        ControlLog.Minted minted =
                tier2.stampPuts(Map.of("1", mine), 0, Members.keys("1")).join();
        assertThat(fill(theirs, minted.stamp())).isFalse();
        assertThat(fill(mine, minted.stamp())).isTrue();
    }
}
