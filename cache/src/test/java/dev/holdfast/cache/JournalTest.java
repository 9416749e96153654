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
        long number = journal.begin(Members.keys("a"));
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledge(Members.keys("a"), number);
        assertThat(journal.fenced("a")).isFalse();
    }

    @Test
    void acknowledgement_ofAnEarlierInvalidation_leavesALaterOnePending() {
        long first = journal.begin(Members.keys("a"));
        long second = journal.begin(Members.keys("a"));
        journal.acknowledge(Members.keys("a"), first);
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledge(Members.keys("a"), second);
        assertThat(journal.fenced("a")).isFalse();
    }

    @Test
    void acknowledgement_ofALaterInvalidation_coversTheEarlierOne() {
        journal.begin(Members.keys("a"));
        long second = journal.begin(Members.keys("a"));
        journal.acknowledge(Members.keys("a"), second);
        assertThat(journal.unacknowledged().isEmpty()).isTrue();
    }

    @Test
    void recent_withinTheRetention_holdsAcknowledgedKeys() {
        journal.acknowledge(Members.keys("a"), journal.begin(Members.keys("a")));
        ticker.advance(Duration.ofSeconds(60));
        assertThat(journal.recent().members()).containsExactly(Members.key("a"));
        ticker.advance(Duration.ofNanos(1));
        assertThat(journal.recent().isEmpty()).isTrue();
    }

    @Test
    void recent_keysThatWereNeverAcknowledged_stayForGood() {
        journal.begin(Members.keys("a"));
        ticker.advance(Duration.ofDays(7));
        assertThat(journal.recent().members()).containsExactly(Members.key("a"));
    }

    @Test
    void overflow_withPendingKeys_becomesEverything() {
        journal.begin(Members.keys("a", "b"));
        journal.begin(Members.keys("c", "d"));
        assertThat(journal.recent().everything()).isTrue();
        assertThat(journal.fenced("never mentioned")).isTrue();
        assertThat(journal.depth()).isZero();
    }

    @Test
    void overflow_acknowledged_liftsTheFenceButIsIssuedAgainWithinTheRetention() {
        journal.begin(Members.keys("a", "b", "c", "d"));
        journal.acknowledgeEverything(journal.recent().upTo());
        assertThat(journal.fenced("a")).isFalse();
        assertThat(journal.recent().everything()).isTrue();
        ticker.advance(Duration.ofSeconds(61));
        assertThat(journal.recent().isEmpty()).isTrue();
    }

    @Test
    void overflow_duringTheIssueOfAnEarlierOne_staysPending() {
        journal.begin(Members.keys("a", "b", "c", "d"));
        Journal.Batch first = journal.recent();
        journal.begin(Members.keys("e", "f", "g", "h"));
        journal.acknowledgeEverything(first.upTo());
        assertThat(journal.fenced("e")).isTrue();
    }

    @Test
    void oldAcknowledgedKeys_atTheLimit_makeRoomForNewOnes() {
        journal.acknowledge(Members.keys("a", "b", "c"), journal.begin(Members.keys("a", "b", "c")));
        ticker.advance(Duration.ofSeconds(61));
        journal.begin(Members.keys("d"));
        assertThat(journal.recent().everything()).isFalse();
        assertThat(journal.recent().members()).containsExactly(Members.key("d"));
    }

    @Test
    void tag_begun_fencesTheValuesThatCarryItUntilItIsAcknowledged() {
        long number = journal.begin(List.of(Members.tag("t")));
        assertThat(journal.fenced("a", new String[] {"s", "t"})).isTrue();
        assertThat(journal.fenced("a", new String[] {"s"})).isFalse();
        journal.acknowledge(List.of(Members.tag("t")), number);
        assertThat(journal.fenced("a", new String[] {"t"})).isFalse();
    }

    @Test
    void prefix_begun_fencesTheKeysUnderIt() {
        journal.begin(List.of(new Member(Kind.PREFIX, "u:1:")));
        assertThat(journal.fenced("u:1:x", new String[0])).isTrue();
        assertThat(journal.fenced("u:2:x", new String[0])).isFalse();
    }

    @Test
    void key_softAndHard_isFencedUntilBothAreAcknowledged() {
        List<Member> soft = List.of(new Member(Kind.SOFT_KEY, "a"));
        long first = journal.begin(Members.keys("a"));
        long second = journal.begin(soft);
        journal.acknowledge(Members.keys("a"), first);
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledge(soft, second);
        assertThat(journal.fenced("a")).isFalse();
    }

    @Test
    void everything_begun_fencesAllUntilItIsAcknowledged_andIsIssuedAgain() {
        long number = journal.beginEverything();
        assertThat(journal.fenced("a")).isTrue();
        journal.acknowledgeEverything(number);
        assertThat(journal.fenced("a")).isFalse();
        assertThat(journal.recent().everything()).isTrue();
    }

    @Test
    void put_isOvertakenByWhatBeganLaterOnly_andOnlyUntilThatIsAcknowledged() {
        Journal wide = new Journal(10, Duration.ofSeconds(60).toNanos(), ticker);
        for (Member later : List.of(
                Members.key("user:1"),
                new Member(Kind.SOFT_KEY, "user:1"),
                Members.tag("t"),
                new Member(Kind.SOFT_TAG, "t"),
                new Member(Kind.PREFIX, "user:"))) {
            List<Member> before = List.of(later);
            wide.begin(before);
            long put = wide.begin(Members.keys("other"));
            assertThat(wide.overtaken(put, "user:1", new String[] {"t"})).isFalse();
            long number = wide.begin(before);
            assertThat(wide.overtaken(put, "user:1", new String[] {"t"}))
                    .as("%s", later)
                    .isTrue();
            assertThat(wide.overtaken(put, "key", new String[] {"u"})).isFalse();
            wide.acknowledge(before, number);
            assertThat(wide.overtaken(put, "user:1", new String[] {"t"})).isFalse();
        }
    }

    @Test
    void prune_forgetsWhatWasAcknowledgedLongAgo_andNothingPending() {
        journal.acknowledge(Members.keys("a"), journal.begin(Members.keys("a")));
        journal.begin(Members.keys("b"));
        ticker.advance(Duration.ofSeconds(61));
        journal.prune();
        assertThat(journal.depth()).isEqualTo(1);
        assertThat(journal.pending()).isEqualTo(1);
    }
}
