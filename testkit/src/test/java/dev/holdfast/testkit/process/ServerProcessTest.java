package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.ServerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServerProcessTest {

    /** Counts in a file as long as it is allowed to run, and so shows from outside whether it does. */
    private static final String COUNTING =
            "echo started; i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.02; done";

    private ServerProcess server;

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void pid_isTheServersOwn() {
        server = start("exec sleep 600");

        ProcessHandle handle = ProcessHandle.of(server.pid()).orElseThrow();
        await().untilAsserted(() -> assertThat(handle.info().command())
                .hasValueSatisfying(command -> assertThat(command).contains("sleep")));
    }

    @Test
    void start_waitsForReadiness() {
        server = ServerProcess.builder("counting")
                .command(List.of("/bin/sh", "-c", "sleep 0.2; " + COUNTING))
                .readyWhen(() -> Files.exists(server.directory().resolve("count")))
                .build();

        server.start();

        assertThat(server.directory().resolve("count")).exists();
        assertThat(server.output()).isEqualTo("started");
    }

    @Test
    void start_ofAServerThatEnds_throwsAtOnceWithItsOutput() {
        server = ServerProcess.builder("broken")
                .command(List.of("/bin/sh", "-c", "echo no such directive; exit 3"))
                .readyWhen(() -> false)
                .build();

        assertThatThrownBy(server::start)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("broken ended with exit code 3")
                .hasMessageContaining("no such directive");
    }

    @Test
    void start_ofAServerThatIsNeverReady_throwsInTimeWithTheLastFailure_andKillsIt() {
        server = ServerProcess.builder("mute")
                .command(List.of("/bin/sh", "-c", "echo thinking; exec sleep 600"))
                .startTimeout(Duration.ofMillis(300))
                .readyWhen(() -> {
                    throw new IllegalStateException("no answer yet");
                })
                .build();

        assertThatThrownBy(server::start)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("gave up after 300 ms waiting until mute is ready")
                .hasMessageContaining("no answer yet")
                .hasMessageContaining("thinking");
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void start_ofAProgramThatIsMissing_saysSo() {
        server = ServerProcess.builder("missing")
                .command(List.of("/no/such/program"))
                .readyWhen(() -> false)
                .build();

        assertThatThrownBy(server::start).isInstanceOf(ServerException.class).hasMessageContaining("/no/such/program");
    }

    @Test
    void pause_freezesTheServerAndItsChildren_resumeLetsThemGoOn() throws Exception {
        server = start("(" + COUNTING + ") & wait");
        Path count = server.directory().resolve("count");
        await().until(() -> Files.exists(count) && Files.size(count) > 0);

        server.pause();
        String frozen = Files.readString(count);
        // Fifteen of the counter's steps; nothing to wait for, since nothing may happen.
        assertThat(server.isPaused()).isTrue();
        await().during(Duration.ofMillis(300))
                .until(() -> Files.readString(count).equals(frozen));

        server.resume();
        await().until(() -> !Files.readString(count).equals(frozen));
        assertThat(server.isPaused()).isFalse();
    }

    @Test
    void kill_endsAFrozenServerWithItsChildren_startBringsItBack() throws Exception {
        server = startForking();
        ProcessHandle first = ProcessHandle.of(server.pid()).orElseThrow();
        ProcessHandle child = first.descendants().findAny().orElseThrow();
        server.pause();

        server.kill();

        assertThat(Signals.isAlive(first)).isFalse();
        assertThat(Signals.isAlive(child)).isFalse();
        server.start();
        assertThat(server.isRunning()).isTrue();
        assertThat(server.isPaused()).isFalse();
        assertThat(server.pid()).isNotEqualTo(first.pid());
    }

    @Test
    void stop_resumesFirst_soThatTheServerCanEndInGoodOrder() {
        server = ServerProcess.builder("polite")
                .command(List.of(
                        "/bin/sh",
                        "-c",
                        "trap 'echo bye > bye; exit 0' TERM; echo set > set; while :; do sleep 0.02; done"))
                .readyWhen(() -> Files.exists(server.directory().resolve("set")))
                .build();
        server.start();
        server.pause();

        server.stop();

        assertThat(server.directory().resolve("bye")).exists();
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void stop_leavesNoChildBehind() throws Exception {
        server = startForking();
        ProcessHandle first = ProcessHandle.of(server.pid()).orElseThrow();
        ProcessHandle child = first.descendants().findAny().orElseThrow();

        server.stop();

        assertThat(Signals.isAlive(child)).isFalse();
    }

    @Test
    void stop_ofAServerThatIgnoresIt_killsAfterTheTimeout() {
        server = ServerProcess.builder("stubborn")
                .command(List.of("/bin/sh", "-c", "trap '' TERM; echo set > set; while :; do sleep 0.02; done"))
                .readyWhen(() -> Files.exists(server.directory().resolve("set")))
                .stop("TERM", Duration.ofMillis(200))
                .build();
        server.start();

        server.stop();

        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void close_deletesTheDirectory_andEndsTheServerForGood() {
        server = start(COUNTING);
        Path directory = server.directory();

        server.close();
        server.close();

        assertThat(directory).doesNotExist();
        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void close_byAnInterruptedThread_endsTheServerAllTheSame() {
        server = start(COUNTING);
        Thread.currentThread().interrupt();

        server.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isRunning()).isFalse();
        assertThat(server.directory()).doesNotExist();
    }

    @Test
    void pause_ofAServerThatDoesNotRun_isRefused() {
        server = ServerProcess.builder("idle").command(List.of("sleep", "600")).build();

        assertThatThrownBy(server::pause)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("does not run");
    }

    @Test
    void output_ofATalkativeServer_isBounded_andNeverBlocksIt() {
        server = ServerProcess.builder("talkative")
                .command(List.of("/bin/sh", "-c", "seq 1 100000; echo end > end; exec sleep 600"))
                .readyWhen(() -> Files.exists(server.directory().resolve("end")))
                .build();

        server.start();

        await().until(() -> server.output().endsWith("100000"));
        assertThat(server.output().lines()).hasSize(200);
    }

    @Test
    void kill_byAnInterruptedThread_endsTheServerAllTheSame() {
        server = start(COUNTING);
        Thread.currentThread().interrupt();

        server.kill();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void stop_byAnInterruptedThread_endsTheServerAllTheSame() {
        server = start(COUNTING);
        Thread.currentThread().interrupt();

        server.stop();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void pause_byAnInterruptedThread_isNotedSoThatResumeUndoesIt() throws Exception {
        server = start(COUNTING);
        Path count = server.directory().resolve("count");
        Thread.currentThread().interrupt();

        server.pause();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isPaused()).isTrue();
        server.resume();
        String before = Files.exists(count) ? Files.readString(count) : "";
        await().until(() -> Files.exists(count) && !Files.readString(count).equals(before));
    }

    @Test
    void start_thatIsInterrupted_leavesNothingRunning() {
        server = ServerProcess.builder("unready")
                .command(List.of("sleep", "600"))
                .readyWhen(() -> {
                    Thread.currentThread().interrupt();
                    return false;
                })
                .build();

        assertThatThrownBy(server::start).isInstanceOf(ServerException.class).hasMessageContaining("interrupted");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void output_withoutALineEnd_isBoundedToo() {
        server = ServerProcess.builder("endless")
                .command(List.of("/bin/sh", "-c", "head -c 5000 /dev/zero | tr '\\0' x; exec sleep 600"))
                .build();

        server.start();

        await().untilAsserted(() -> assertThat(server.output()).isEqualTo("x".repeat(1_000) + "..."));
    }

    private static ServerProcess startForking() {
        Path directory = ServerDirectory.create("forking");
        ServerProcess started = ServerProcess.builder("forking")
                .directory(directory)
                .command(List.of("/bin/sh", "-c", "sleep 600 & echo > forked; wait"))
                .readyWhen(() -> Files.exists(directory.resolve("forked")))
                .build();
        started.start();
        return started;
    }

    private static ServerProcess start(String script) {
        ServerProcess started = ServerProcess.builder("sample")
                .command(List.of("/bin/sh", "-c", script))
                .build();
        started.start();
        return started;
    }
}
