package dev.holdfast.testkit.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FaultProxyTest {

    private EchoServer server;
    private FaultProxy proxy;
    private Socket client;

    @BeforeEach
    void connect() throws IOException {
        server = new EchoServer();
        proxy = FaultProxy.to("127.0.0.1", server.port());
        client = newClient();
        // Connected means connected to the server too from here on.
        assertThat(echo(client, "hello")).isEqualTo("hello");
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        proxy.close();
        server.close();
    }

    @Test
    void withoutFaults_bytesPassBothWays_andAreCounted() throws Exception {
        assertThat(echo(client, "world")).isEqualTo("world");

        // What arrives is counted a moment later.
        await().untilAsserted(() -> assertThat(proxy.bytesToClient()).isEqualTo(10));
        assertThat(proxy.bytesToServer()).isEqualTo(10);
        assertThat(proxy.openConnections()).isEqualTo(1);
        assertThat(proxy.acceptedConnections()).isEqualTo(1);

        client.close();
        await().untilAsserted(() -> assertThat(proxy.openConnections()).isZero());
        assertThat(server.ended).hasValue(1);
        assertThat(server.broken).hasValue(0);
    }

    @Test
    void muchData_onManyConnections_arrivesWhole() throws Exception {
        List<CompletableFuture<Void>> transfers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int seed = i;
            transfers.add(CompletableFuture.runAsync(() -> transfer(4 << 20, seed), FaultProxyTest::onItsOwnThread));
        }

        CompletableFuture.allOf(transfers.toArray(CompletableFuture[]::new)).join();

        await().untilAsserted(() -> assertThat(proxy.bytesToClient()).isEqualTo(8L * (4 << 20) + 5));
    }

    /** Both ends of a transfer block, and a shared pool of two threads would have neither wait for the other. */
    private static void onItsOwnThread(Runnable task) {
        new Thread(task, "transfer").start();
    }

    private void transfer(int size, int seed) {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        try (Socket socket = newClient()) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(
                    () -> {
                        try {
                            socket.getOutputStream().write(data);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    FaultProxyTest::onItsOwnThread);
            byte[] back = socket.getInputStream().readNBytes(size);
            sending.join();
            assertThat(Arrays.equals(back, data)).isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aSenderWhoseBytesAreNotTaken_isMadeToWait() throws Exception {
        proxy.cutClientToServer();
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                client.getOutputStream().write(new byte[64 << 20]);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        await().during(Duration.ofMillis(300)).until(() -> !sending.isDone());

        proxy.resetAll();
        assertThatThrownBy(sending::join).hasRootCauseInstanceOf(SocketException.class);
    }

    @Test
    void latency_delaysEachDirection_andKeepsTheOrder() throws Exception {
        proxy.latency(Duration.ofMillis(60));

        long start = System.nanoTime();
        assertThat(echo(client, "abc")).isEqualTo("abc");
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(120).toNanos());

        client.getOutputStream().write("1".getBytes(UTF_8));
        proxy.latency(Duration.ZERO);
        client.getOutputStream().write("2".getBytes(UTF_8));
        assertThat(read(client, 2)).isEqualTo("12");
    }

    @Test
    void latency_ofOneDirection_leavesTheOtherAlone() throws Exception {
        proxy.latency(Duration.ZERO, Duration.ofSeconds(30));
        client.getOutputStream().write("x".getBytes(UTF_8));

        await().untilAsserted(() -> assertThat(server.received).hasValue(6));
        assertSilent(client);
    }

    @Test
    void bandwidth_limitsBytesPerSecond() throws Exception {
        proxy.bandwidth(100_000);

        long start = System.nanoTime();
        byte[] data = new byte[30_000];
        client.getOutputStream().write(data);
        assertThat(client.getInputStream().readNBytes(data.length)).isEqualTo(data);

        // The first portion, a fiftieth of a second's worth, goes at once.
        assertThat(System.nanoTime() - start)
                .isBetween(
                        Duration.ofMillis(270).toNanos(),
                        Duration.ofMillis(2_000).toNanos());
    }

    @Test
    void cut_silencesBothDirections_healDeliversWhatWasSent() throws Exception {
        proxy.cut();
        client.getOutputStream().write("late".getBytes(UTF_8));

        assertSilent(client);
        assertThat(server.received).hasValue(5);

        proxy.heal();
        assertThat(read(client, 4)).isEqualTo("late");
    }

    @Test
    void cut_givesNewClientsAConnection_andSilence_untilHealed() throws Exception {
        proxy.cut();
        try (Socket second = newClient()) {
            second.getOutputStream().write("second".getBytes(UTF_8));
            assertSilent(second);

            proxy.heal();

            assertThat(read(second, 6)).isEqualTo("second");
        }
    }

    @Test
    void cutClientToServer_keepsCommandsBack() throws Exception {
        proxy.cutClientToServer();
        client.getOutputStream().write("x".getBytes(UTF_8));

        assertSilent(client);
        assertThat(server.received).hasValue(5);
    }

    @Test
    void cutServerToClient_letsCommandsThrough_andKeepsAnswersBack() throws Exception {
        proxy.cutServerToClient();
        client.getOutputStream().write("x".getBytes(UTF_8));

        await().untilAsserted(() -> assertThat(server.received).hasValue(6));
        assertSilent(client);

        proxy.heal();
        assertThat(read(client, 1)).isEqualTo("x");
    }

    @Test
    void cuts_ofOneDirectionEach_addUp() throws Exception {
        proxy.cutServerToClient().cutClientToServer();
        client.getOutputStream().write("x".getBytes(UTF_8));

        assertSilent(client);
        assertThat(server.received).hasValue(5);
    }

    @Test
    void cutAndReset_endsConnections_andRefusesNewOnes_untilHealed() throws Exception {
        proxy.cutAndReset();

        assertReset(client);
        assertThatThrownBy(this::newClient).isInstanceOf(ConnectException.class);
        assertThat(proxy.openConnections()).isZero();

        proxy.heal();
        try (Socket second = newClient()) {
            assertThat(echo(second, "again")).isEqualTo("again");
        }
    }

    @Test
    void refuseNew_leavesExistingConnectionsAlone() throws Exception {
        proxy.refuseNew();

        assertThat(echo(client, "still")).isEqualTo("still");
        assertThatThrownBy(this::newClient).isInstanceOf(ConnectException.class);

        proxy.heal();
        try (Socket second = newClient()) {
            assertThat(echo(second, "again")).isEqualTo("again");
        }
    }

    @Test
    void swallowRepliesUntilReset_letsCommandsThrough_countsAnswers_thenResets() throws Exception {
        proxy.swallowRepliesUntilReset();
        client.getOutputStream().write("order".getBytes(UTF_8));

        await().untilAsserted(() -> assertThat(proxy.bytesSwallowed()).isEqualTo(5));
        assertThat(server.received).hasValue(10);
        assertSilent(client);

        proxy.resetAll();
        assertReset(client);
        try (Socket second = newClient()) {
            assertThat(echo(second, "again")).isEqualTo("again");
        }
    }

    @Test
    void heal_resetsConnectionsThatLostAnswers_andNoOthers() throws Exception {
        try (Socket idle = newClient()) {
            assertThat(echo(idle, "idle")).isEqualTo("idle");
            proxy.swallowRepliesUntilReset();
            client.getOutputStream().write("lost".getBytes(UTF_8));
            await().untilAsserted(() -> assertThat(proxy.bytesSwallowed()).isEqualTo(4));

            proxy.heal();

            assertReset(client);
            assertThat(echo(idle, "fine")).isEqualTo("fine");
        }
    }

    @Test
    void swallowRepliesUntilReset_alsoTakesAnswersThatAreUnderWay() throws Exception {
        proxy.latency(Duration.ZERO, Duration.ofSeconds(30));
        client.getOutputStream().write("x".getBytes(UTF_8));
        await().untilAsserted(() -> assertThat(server.received).hasValue(6));

        proxy.swallowRepliesUntilReset();

        await().untilAsserted(() -> assertThat(proxy.bytesSwallowed()).isEqualTo(1));
    }

    @Test
    void resetAll_reachesBothSides_andServesNewClients() throws Exception {
        proxy.resetAll();

        assertReset(client);
        await().untilAsserted(() -> assertThat(server.broken).hasValue(1));
        try (Socket second = newClient()) {
            assertThat(echo(second, "again")).isEqualTo("again");
        }
    }

    @Test
    void halfClose_isPassedOn() throws Exception {
        client.getOutputStream().write("last".getBytes(UTF_8));
        client.shutdownOutput();

        assertThat(new String(client.getInputStream().readAllBytes(), UTF_8)).isEqualTo("last");
        assertThat(server.ended).hasValue(1);
    }

    @Test
    void serverThatIsAway_resetsTheClient_andIsServedWhenItIsBack() throws Exception {
        int port;
        try (ServerSocket reserved = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = reserved.getLocalPort();
        }
        try (FaultProxy toNobody = FaultProxy.to("127.0.0.1", port);
                Socket socket = new Socket(toNobody.host(), toNobody.port())) {
            assertReset(socket);
            await().untilAsserted(() -> assertThat(toNobody.openConnections()).isZero());
        }
    }

    @Test
    void close_resetsConnections_endsTheThread_andMayBeRepeated() throws Exception {
        String thread = "testkit-proxy-" + proxy.port();
        assertThat(threads()).contains(thread);

        proxy.close();
        proxy.close();

        assertReset(client);
        assertThat(threads()).doesNotContain(thread);
    }

    @Test
    void bandwidth_isForAllConnections_aBigTransferDoesNotStopASmallOne() throws Exception {
        try (Socket second = newClient()) {
            assertThat(echo(second, "small")).isEqualTo("small");
            proxy.bandwidth(100_000);
            client.getOutputStream().write(new byte[400_000]);

            assertThat(echo(second, "small")).isEqualTo("small");

            assertThat(server.received).as("bytes of the big transfer").hasValueLessThan(300_000);
        }
    }

    @Test
    void heal_takesTheLatencyFromWhatIsUnderWayToo() throws Exception {
        proxy.latency(Duration.ZERO, Duration.ofHours(1));
        client.getOutputStream().write("late".getBytes(UTF_8));
        await().untilAsserted(() -> assertThat(server.received).hasValue(9));
        assertSilent(client);

        proxy.heal();

        assertThat(read(client, 4)).isEqualTo("late");
    }

    @Test
    void resetByTheClient_doesNotOvertakeWhatItSentBefore() throws Exception {
        proxy.latency(Duration.ofMillis(300));
        client.getOutputStream().write("order".getBytes(UTF_8));
        client.setSoLinger(true, 0);

        client.close();

        await().untilAsserted(() -> assertThat(server.broken).hasValue(1));
        assertThat(server.received).hasValue(10);
        await().untilAsserted(() -> assertThat(proxy.openConnections()).isZero());
    }

    @Test
    void resetByTheServer_doesNotOvertakeItsAnswer() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                FaultProxy slow = FaultProxy.to("127.0.0.1", listener.getLocalPort());
                Socket socket = new Socket(slow.host(), slow.port())) {
            socket.setSoTimeout(10_000);
            slow.latency(Duration.ZERO, Duration.ofMillis(300));
            socket.getOutputStream().write(1);
            try (Socket accepted = listener.accept()) {
                // By now the proxy knows that it is connected.
                assertThat(accepted.getInputStream().read()).isEqualTo(1);
                accepted.getOutputStream().write("answer".getBytes(UTF_8));
                accepted.setSoLinger(true, 0);
            }

            assertThat(read(socket, 6)).isEqualTo("answer");
            assertReset(socket);
        }
    }

    @Test
    void close_byAnInterruptedThread_closesAllTheSame() throws Exception {
        Thread.currentThread().interrupt();

        proxy.close();

        assertThat(Thread.interrupted()).isTrue();
        assertReset(client);
        assertThat(threads()).doesNotContain("testkit-proxy-" + proxy.port());
    }

    @Test
    @Timeout(5)
    void closedProxy_saysSoAtOnce() {
        proxy.close();

        assertThatThrownBy(proxy::cut).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
    }

    @Test
    void nonsense_isRefused() {
        assertThatThrownBy(() -> proxy.latency(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> proxy.bandwidth(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FaultProxy.to("no such host.invalid", 1)).hasMessageContaining("unknown host");
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
    }

    private Socket newClient() throws IOException {
        Socket socket = new Socket(proxy.host(), proxy.port());
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static String echo(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
        return read(socket, text.length());
    }

    private static String read(Socket socket, int count) throws IOException {
        return new String(socket.getInputStream().readNBytes(count), UTF_8);
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(200);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(10_000);
    }

    private static void assertReset(Socket socket) throws IOException {
        socket.setSoTimeout(10_000);
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }
}
