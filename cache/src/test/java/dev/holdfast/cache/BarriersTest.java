package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BarriersTest {
    private final Barriers barriers = new Barriers(3, ':');

    private boolean valid(String key, long born, String... tags) {
        return barriers.valid(key, tags, born);
    }

    @Test
    void value_withoutBarrier_isValidFromTheFloorOn() {
        barriers.raiseFloor(7);
        assertThat(valid("a", 6)).isFalse();
        assertThat(valid("a", 7)).isTrue();
    }

    @Test
    void value_withBarrier_isValidFromTheNewerOfBarrierAndFloorOn() {
        barriers.enter(Members.key("a"), 5);
        assertThat(valid("a", 4)).isFalse();
        assertThat(valid("a", 5)).isTrue();
        barriers.raiseFloor(9);
        assertThat(valid("a", 8)).isFalse();
    }

    @Test
    void enter_anOlderStamp_keepsTheNewer() {
        barriers.enter(Members.key("a"), 5);
        barriers.enter(Members.key("a"), 3);
        assertThat(valid("a", 4)).isFalse();
    }

    @Test
    void tag_barsTheValuesThatCarryIt_andMovesTheVersion() {
        int version = barriers.version();
        barriers.enter(Members.tag("t"), 5);
        assertThat(barriers.version()).isNotEqualTo(version);
        assertThat(valid("a", 4, "s", "t")).isFalse();
        assertThat(valid("a", 5, "t")).isTrue();
        assertThat(valid("a", 4, "s")).isTrue();
    }

    @Test
    void key_doesNotMoveTheVersion() {
        int version = barriers.version();
        barriers.enter(Members.key("a"), 5);
        assertThat(barriers.version()).isEqualTo(version);
    }

    @Test
    void prefix_barsTheKeysUnderItAndNoOthers() {
        barriers.enter(new Member(Kind.PREFIX, "user:42:"), 5);
        assertThat(valid("user:42:orders", 4)).isFalse();
        assertThat(valid("user:42:", 4)).isFalse();
        assertThat(valid("user:42:orders:7", 4)).isFalse();
        assertThat(valid("user:42:orders", 5)).isTrue();
        assertThat(valid("user:421:orders", 4)).isTrue();
        assertThat(valid("user:42", 4)).isTrue();
        assertThat(valid("a:user:42:", 4)).isTrue();
    }

    @Test
    void softBarriers_makeStaleWhatIsStillValid() {
        barriers.enter(new Member(Kind.SOFT_KEY, "a"), 5);
        barriers.enter(new Member(Kind.SOFT_TAG, "t"), 6);
        assertThat(valid("a", 4, "t")).isTrue();
        assertThat(barriers.soft("a", new String[0], 4)).isTrue();
        assertThat(barriers.soft("a", new String[0], 5)).isFalse();
        assertThat(barriers.soft("b", new String[] {"t"}, 5)).isTrue();
        assertThat(barriers.soft("b", new String[] {"t"}, 6)).isFalse();
    }

    @Test
    void enter_beyondTheLimit_raisesTheFloorAndForgetsNothing() {
        barriers.enter(Members.key("a"), 1);
        barriers.enter(Members.tag("b"), 2);
        barriers.enter(Members.key("c"), 3);
        assertThat(barriers.enter(Members.key("d"), 4)).isFalse();
        assertThat(barriers.floor()).isEqualTo(4);
        assertThat(barriers.size()).isZero();
        assertThat(valid("a", 3)).isFalse();
    }

    @Test
    void floor_raisedToAnOlderStamp_stays() {
        barriers.raiseFloor(9);
        assertThat(barriers.raiseFloor(8)).isFalse();
        assertThat(barriers.floor()).isEqualTo(9);
    }

    @Test
    void prune_forgetsOnlyWhatIsOlderThanItsHorizon() {
        barriers.enter(Members.key("a"), 1);
        barriers.enter(Members.key("b"), 3);
        barriers.enter(Members.tag("t"), 2);
        barriers.prune(3, 2);
        assertThat(valid("a", 0)).isTrue();
        assertThat(valid("b", 2)).isFalse();
        assertThat(valid("a", 1, "t")).isFalse();
        barriers.prune(3, 3);
        assertThat(barriers.size()).isEqualTo(1);
        assertThat(barriers.validWide("a", new String[] {"t"}, 1))
                .as("what tier 1 holds has ended by then")
                .isTrue();
    }

    @Test
    void barrierOfATag_forgotten_refusesWhatTier2HoldsFromBefore() {
        barriers.enter(Members.tag("t"), 5);
        barriers.prune(9, 9);
        assertThat(valid("a", 4)).isFalse();
        assertThat(valid("a", 5)).isTrue();
        barriers.forgotten(7);
        barriers.forgotten(6);
        assertThat(valid("a", 6)).isFalse();
        assertThat(valid("a", 7)).isTrue();
    }

    @Test
    void reset_startsOverWithAnotherFloorEvenIfItIsLower() {
        barriers.enter(Members.key("a"), 50);
        barriers.raiseFloor(40);
        barriers.reset(10);
        assertThat(valid("a", 10)).isTrue();
        assertThat(valid("a", 9)).isFalse();
    }

    @Test
    void reset_leavesNoMomentWithoutBarriersAndWithoutTheFloorThatReplacesThem() throws Exception {
        AtomicReference<Barriers> current = new AtomicReference<>(barredAt10());
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Boolean> reader = CompletableFuture.supplyAsync(() -> {
            boolean valid = false;
            while (!stop.get()) {
                valid |= current.get().valid("k", new String[] {"t"}, 5);
            }
            return valid;
        });
        for (int i = 0; i < 20; i++) {
            Barriers barriers = barredAt10();
            current.set(barriers);
            barriers.reset(20);
        }
        stop.set(true);
        assertThat(reader.get(10, TimeUnit.SECONDS))
                .as("a value was valid that neither history allows")
                .isFalse();
    }

    /** With so many barriers behind that of the tag that it takes a while to forget them all. */
    private static Barriers barredAt10() {
        Barriers barriers = new Barriers(100_000, ':');
        barriers.enter(Members.tag("t"), 10);
        for (int i = 0; i < 20_000; i++) {
            barriers.enter(new Member(Kind.SOFT_TAG, "s" + i), 10);
        }
        return barriers;
    }
}
