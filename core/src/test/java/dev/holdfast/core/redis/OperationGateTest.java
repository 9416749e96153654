package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperationGateTest {
    private final List<String> opened = new ArrayList<>();
    private final OperationGate gate = new OperationGate("redis", new LinkSettings.Breaker(20, 10, 50), opened::add);

    private void timeOut(int times, boolean current) {
        for (int i = 0; i < times; i++) {
            gate.failed(Failures.Kind.TIMEOUT, 1, new RedisTimeoutException("test"), current);
        }
    }

    @Test
    void timeouts_open_the_gate_and_say_so_once() {
        gate.succeeded(1, true);
        timeOut(9, true);
        assertThat(gate.tryPass()).isTrue();
        timeOut(5, true);

        assertThat(gate.tryPass()).isFalse();
        assertThat(opened).containsExactly("10 of the last 10 operations timed out");
    }

    @Test
    void a_success_that_completes_the_least_number_of_calls_opens_the_gate_and_says_so() {
        timeOut(9, true);
        gate.succeeded(1, true);

        assertThat(gate.tryPass()).isFalse();
        assertThat(opened).as("or nobody would ever reset it").containsExactly("9 of the last 10 operations timed out");
    }

    @Test
    void rare_timeouts_do_not_open_the_gate() {
        for (int i = 0; i < 1_000; i++) {
            timeOut(1, true);
            for (int ok = 0; ok < 3; ok++) {
                gate.succeeded(1, true);
            }
        }

        assertThat(gate.tryPass()).isTrue();
        assertThat(gate.succeeded()).isEqualTo(3_000);
        assertThat(gate.failed(Failures.Kind.TIMEOUT)).isEqualTo(1_000);
    }

    @Test
    void errors_rejections_and_lost_connections_do_not_open_the_gate() {
        for (Failures.Kind kind : Failures.Kind.values()) {
            if (kind != Failures.Kind.TIMEOUT) {
                for (int i = 0; i < 100; i++) {
                    gate.failed(kind, 1, new IllegalStateException(), true);
                }
            }
        }

        assertThat(gate.tryPass()).isTrue();
    }

    @Test
    void timeouts_of_an_earlier_connection_do_not_count() {
        timeOut(100, false);

        assertThat(gate.tryPass()).isTrue();
    }

    @Test
    void reset_starts_afresh() {
        timeOut(10, true);
        gate.reset();

        assertThat(gate.tryPass()).isTrue();
        timeOut(9, true);
        assertThat(gate.tryPass()).isTrue();
        timeOut(1, true);
        assertThat(opened).hasSize(2);
    }
}
