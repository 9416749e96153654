package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class CountsTest {

    private static final String BEFORE = """
            # Commandstats\r
            cmdstat_get:calls=10,usec=20,usec_per_call=2.00,rejected_calls=0,failed_calls=0\r
            cmdstat_info:calls=1,usec=20,usec_per_call=2.00,rejected_calls=0,failed_calls=0\r
            """;

    private static final String AFTER = """
            # Commandstats\r
            cmdstat_get:calls=110,usec=220,usec_per_call=2.00,rejected_calls=0,failed_calls=0\r
            cmdstat_config|get:calls=3,usec=20,usec_per_call=2.00,rejected_calls=0,failed_calls=0\r
            cmdstat_info:calls=2,usec=20,usec_per_call=2.00,rejected_calls=0,failed_calls=0\r
            """;

    /** Written only, so that the compiler cannot leave the allocation out. */
    @SuppressWarnings("UnusedVariable") // being written is its use
    private static volatile Object sink;

    @Test
    void commandCounts_sinceAnEarlierLook_areTheDifferenceWithoutTheLooking() {
        CommandCounts grown = CommandCounts.parse(AFTER).since(CommandCounts.parse(BEFORE));

        assertThat(grown.calls()).containsOnlyKeys("get", "config|get").containsEntry("get", 100L);
        assertThat(grown.total()).isEqualTo(103);
    }

    @Test
    void commandCounts_whereNothingHappened_areEmpty() {
        CommandCounts counts = CommandCounts.parse(BEFORE);

        assertThat(counts.since(counts).total()).isZero();
    }

    @Test
    void commandCounts_lineOfAnotherShape_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommandCounts.parse("cmdstat_get:count=3"))
                .withMessageContaining("cmdstat_get:count=3");
    }

    @Test
    void allocations_ofArithmetic_areZero() throws Exception {
        Work arithmetic = (first, operations) -> {
            long sum = 0;
            for (int i = 0; i < operations; i++) {
                sum += first ^ i;
            }
            return sum;
        };

        assertThat(Allocations.bytesPerOperation(arithmetic, 100_000)).isZero();
    }

    @Test
    void allocations_ofOneArrayPerOperation_areItsSize() throws Exception {
        Work arrays = (first, operations) -> {
            for (int i = 0; i < operations; i++) {
                sink = new byte[1000];
            }
            return 0;
        };

        // 1,000 bytes and a header of 16.
        assertThat(Allocations.bytesPerOperation(arrays, 10_000)).isEqualTo(1016);
    }
}
