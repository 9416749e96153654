package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlightsTest {
    private final Flights<String, String> flights = new Flights<>();
    private final Flight<String> first = new Flight<>();
    private final Flight<String> second = new Flight<>();
    private final Flight<String> third = new Flight<>();

    private void land(Flight<String> flight) {
        flight.complete("value", Flight.Origin.SOURCE);
        flights.land("key", flight);
    }

    /** A barrier that may concern the first flight lets nobody join it, so the second takes its place. */
    private void firstIsClosedAndSecondFlies() {
        assertThat(flights.register("key", first)).isNull();
        flights.closeAll();
        assertThat(flights.register("key", second)).isNull();
    }

    @Test
    void detach_reachesAnOlderFlightBehindTheNewest() {
        firstIsClosedAndSecondFlies();
        flights.detach("key");
        assertThat(first.detached()).isTrue();
        assertThat(second.detached()).isTrue();
    }

    @Test
    void detach_afterTheNewestHasLanded_reachesTheOlderOneStill() {
        firstIsClosedAndSecondFlies();
        land(second);
        flights.detach("key");
        assertThat(first.detached()).isTrue();
    }

    @Test
    void detachAll_afterTheNewestHasLanded_reachesTheOlderOneStill() {
        firstIsClosedAndSecondFlies();
        land(second);
        assertThat(flights.detachAll()).containsExactly("key");
        assertThat(first.detached()).isTrue();
    }

    @Test
    void olderFlight_thatTookItsPlaceAgain_isJoinedByNobody() {
        firstIsClosedAndSecondFlies();
        land(second);
        assertThat(flights.register("key", third)).isNull();
        flights.detach("key");
        assertThat(first.detached()).isTrue();
    }

    @Test
    void replacement_ofASlowFlight_keepsWhatIsOlderInReach() {
        firstIsClosedAndSecondFlies();
        assertThat(flights.replace("key", second, third)).isTrue();
        flights.detach("key");
        assertThat(first.detached()).isTrue();
        assertThat(third.detached()).isTrue();
    }

    @Test
    void table_isEmptyOnceAllHaveLandedInAnyOrder() {
        firstIsClosedAndSecondFlies();
        land(second);
        land(first);
        assertThat(flights.size()).isZero();
        assertThat(flights.register("key", third)).isNull();
        land(third);
        assertThat(flights.size()).isZero();
    }
}
