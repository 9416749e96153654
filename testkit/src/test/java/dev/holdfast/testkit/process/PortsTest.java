package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {

    @Test
    void take_givesDifferentPortsBelowTheEphemeralRange() {
        Set<Integer> ports = new HashSet<>();
        try {
            for (int i = 0; i < 120; i++) {
                assertThat(ports.add(Ports.take())).isTrue();
            }
            assertThat(ports).allMatch(port -> port >= 10_000 && port + Ports.BUS_OFFSET < 32_768);
        } finally {
            ports.forEach(Ports::release);
        }
    }

    @Test
    void take_passesOverAPortThatIsListenedOn() throws Exception {
        int taken = Ports.take();
        try (ServerSocket listener = new ServerSocket(taken, 1, InetAddress.getLoopbackAddress())) {
            Ports.release(taken);
            Set<Integer> ports = new HashSet<>();
            try {
                for (int i = 0; i < 60; i++) {
                    ports.add(Ports.take());
                }
                assertThat(ports).doesNotContain(listener.getLocalPort());
            } finally {
                ports.forEach(Ports::release);
            }
        }
    }
}
