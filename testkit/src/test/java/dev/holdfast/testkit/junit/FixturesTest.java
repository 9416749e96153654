package dev.holdfast.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.UnsupportedServerException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class FixturesTest {

    /** A server that does not start as long as there are failures. */
    private static final class Fragile implements ServerFixture<AutoCloseable> {

        private final Deque<RuntimeException> failures;
        private boolean interrupting;
        private int starts;

        Fragile(RuntimeException... failures) {
            this.failures = new ArrayDeque<>(List.of(failures));
        }

        @Override
        public Class<AutoCloseable> type() {
            return AutoCloseable.class;
        }

        @Override
        public AutoCloseable start(Shared shared) {
            starts++;
            if (failures.isEmpty()) {
                return () -> {};
            }
            if (interrupting) {
                Thread.currentThread().interrupt();
            }
            throw failures.removeFirst();
        }
    }

    private final Fixtures fixtures = new Fixtures(List.of());

    @Test
    void startThatFailed_isNotTriedAgain() {
        Fragile fixture = new Fragile(new ServerException("no libssl3"));

        assertThatThrownBy(() -> fixtures.shared(fixture, false)).hasMessage("no libssl3");
        assertThatThrownBy(() -> fixtures.shared(fixture, false))
                .isInstanceOf(ServerException.class)
                .hasRootCauseMessage("no libssl3");
        assertThat(fixture.starts).isEqualTo(1);
    }

    @Test
    void startThatWasInterrupted_asByATestsTimeout_isTriedAgainForTheNextTest() {
        Fragile fixture = new Fragile(new ServerException("interrupted while waiting"));
        fixture.interrupting = true;

        assertThatThrownBy(() -> fixtures.shared(fixture, false)).hasMessage("interrupted while waiting");
        assertThat(Thread.interrupted()).isTrue();

        assertThat(fixtures.shared(fixture, false)).isNotNull();
    }

    @Test
    void serverThatTheSourceDoesNotHave_skipsTheSecondTestLikeTheFirst() {
        Fragile fixture = new Fragile(
                new UnsupportedServerException("not with these servers"),
                new UnsupportedServerException("not with these servers"));

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> fixtures.shared(fixture, false))
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessage("not with these servers");
        }
    }
}
