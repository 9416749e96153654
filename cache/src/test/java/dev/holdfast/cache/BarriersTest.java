package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BarriersTest {
    private final Barriers barriers = new Barriers(3);

    @Test
    void required_withoutBarrier_isTheFloor() {
        barriers.raiseFloor(7);
        assertThat(barriers.required("a")).isEqualTo(7);
    }

    @Test
    void required_withBarrier_isTheNewerOfBarrierAndFloor() {
        barriers.enter("a", 5);
        assertThat(barriers.required("a")).isEqualTo(5);
        barriers.raiseFloor(9);
        assertThat(barriers.required("a")).isEqualTo(9);
    }

    @Test
    void enter_anOlderStamp_keepsTheNewer() {
        barriers.enter("a", 5);
        barriers.enter("a", 3);
        assertThat(barriers.required("a")).isEqualTo(5);
    }

    @Test
    void enter_beyondTheLimit_raisesTheFloorAndForgetsNothing() {
        barriers.enter("a", 1);
        barriers.enter("b", 2);
        barriers.enter("c", 3);
        assertThat(barriers.enter("d", 4)).isFalse();
        assertThat(barriers.floor()).isEqualTo(4);
        assertThat(barriers.size()).isZero();
        assertThat(barriers.required("a")).isEqualTo(4);
    }

    @Test
    void floor_raisedToAnOlderStamp_stays() {
        barriers.raiseFloor(9);
        assertThat(barriers.raiseFloor(8)).isFalse();
        assertThat(barriers.floor()).isEqualTo(9);
    }

    @Test
    void prune_forgetsOnlyWhatIsOlderThanTheHorizon() {
        barriers.enter("a", 1);
        barriers.enter("b", 2);
        barriers.prune(2);
        assertThat(barriers.required("a")).isZero();
        assertThat(barriers.required("b")).isEqualTo(2);
    }

    @Test
    void reset_startsOverWithAnotherFloorEvenIfItIsLower() {
        barriers.enter("a", 50);
        barriers.raiseFloor(40);
        barriers.reset(10);
        assertThat(barriers.required("a")).isEqualTo(10);
    }
}
