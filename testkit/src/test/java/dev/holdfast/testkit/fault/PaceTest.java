package dev.holdfast.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long SECOND = 1_000_000_000;

    /** The selector counts in milliseconds and is asked to come back too late rather than too early. */
    private static final long LATE = 1_000_000;

    private final Pace pace = new Pace();

    @Test
    void smallMessages_useAllOfTheBandwidth_thoughTheLoopComesLate() {
        assertThat(sent(64, 1_000_000)).isBetween(950_000L, 1_050_000L);
        assertThat(sent(64, 20_000_000)).isBetween(19_000_000L, 21_000_000L);
    }

    @Test
    void bigMessages_useAllOfTheBandwidth_thoughTheLoopComesLate() {
        assertThat(sent(64 * 1024, 1_000_000)).isBetween(950_000L, 1_050_000L);
    }

    @Test
    void fewBytesPerSecond_areKept() {
        assertThat(sent(64, 5)).isBetween(5L, 6L);
    }

    @Test
    void lineThatWasIdle_owesNothing() {
        assertThat(sent(64, 1_000_000)).isPositive();

        long now = 100 * SECOND;
        long burst = 0;
        for (int allowed = pace.allowance(now, 1_000_000); allowed > 0; allowed = pace.allowance(now, 1_000_000)) {
            pace.sent(now, allowed, 1_000_000);
            burst += allowed;
        }

        assertThat(burst).as("at most a twentieth of a second's worth").isLessThanOrEqualTo(50_000);
    }

    /** What passes within a second if there are always more messages. */
    private long sent(int message, long bytesPerSecond) {
        pace.forget();
        long sent = 0;
        for (long now = 0; now < SECOND; now = pace.nextFree() + LATE) {
            for (int allowed = pace.allowance(now, bytesPerSecond);
                    allowed > 0;
                    allowed = pace.allowance(now, bytesPerSecond)) {
                int portion = Math.min(allowed, message);
                pace.sent(now, portion, bytesPerSecond);
                sent += portion;
            }
        }
        return sent;
    }
}
