package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.ManualTicker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalTest {
    private final ManualTicker ticker = new ManualTicker();
    private final Journal journal = new Journal(3, Duration.ofSeconds(60).toNanos(), ticker);

    @Test
    void key_begun_isFencedUntilItIsAcknowledged() {
        long number = journal.begin(List.of("a"));
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledge(List.of("a"), number);
        assertThat(journal.fenced("a")).isFalse();
    }

    @Test
    void acknowledgement_ofAnEarlierInvalidation_leavesALaterOnePending() {
        long first = journal.begin(List.of("a"));
        long second = journal.begin(List.of("a"));
        journal.acknowledge(List.of("a"), first);
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledge(List.of("a"), second);
        assertThat(journal.fenced("a")).isFalse();
    }

    @Test
    void acknowledgement_ofALaterInvalidation_coversTheEarlierOne() {
        journal.begin(List.of("a"));
        long second = journal.begin(List.of("a"));
        journal.acknowledge(List.of("a"), second);
        assertThat(journal.unacknowledged().isEmpty()).isTrue();
    }

    @Test
    void recent_withinTheRetention_holdsAcknowledgedKeys() {
        journal.acknowledge(List.of("a"), journal.begin(List.of("a")));
        ticker.advance(Duration.ofSeconds(60));
        assertThat(journal.recent().keys()).containsExactly("a");
        ticker.advance(Duration.ofNanos(1));
        assertThat(journal.recent().isEmpty()).isTrue();
    }

    @Test
    void recent_keysThatWereNeverAcknowledged_stayForGood() {
        journal.begin(List.of("a"));
        ticker.advance(Duration.ofDays(7));
        assertThat(journal.recent().keys()).containsExactly("a");
    }

    @Test
    void overflow_withPendingKeys_becomesEverything() {
        journal.begin(List.of("a", "b"));
        journal.begin(List.of("c", "d"));
        assertThat(journal.recent().everything()).isTrue();
        assertThat(journal.fenced("never mentioned")).isTrue();
        assertThat(journal.depth()).isZero();
    }

    @Test
    void overflow_acknowledged_liftsTheFenceButIsIssuedAgainWithinTheRetention() {
        journal.begin(List.of("a", "b", "c", "d"));
        journal.acknowledgeEverything(journal.recent().upTo());
        assertThat(journal.fenced("a")).isFalse();
        assertThat(journal.recent().everything()).isTrue();
        ticker.advance(Duration.ofSeconds(61));
        assertThat(journal.recent().isEmpty()).isTrue();
    }

    @Test
    void overflow_duringTheIssueOfAnEarlierOne_staysPending() {
        journal.begin(List.of("a", "b", "c", "d"));
        Journal.Batch first = journal.recent();
        journal.begin(List.of("e", "f", "g", "h"));
        journal.acknowledgeEverything(first.upTo());
        assertThat(journal.fenced("e")).isTrue();
    }

    @Test
    void oldAcknowledgedKeys_atTheLimit_makeRoomForNewOnes() {
        journal.acknowledge(List.of("a", "b", "c"), journal.begin(List.of("a", "b", "c")));
        ticker.advance(Duration.ofSeconds(61));
        journal.begin(List.of("d"));
        assertThat(journal.recent().everything()).isFalse();
        assertThat(journal.recent().keys()).containsExactly("d");
    }
}
