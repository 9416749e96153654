package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
class ServersDieWithTheirJvmTest {

    @Test
    void servers_ofAJvmKilledWithMinus9_areGone_evenTheFrozenOne() throws Exception {
        try (OtherJvm jvm = OtherJvm.start()) {
            assertThat(jvm.pids).hasSize(4).allMatch(ServersDieWithTheirJvmTest::isAlive);

            jvm.process.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(jvm.pids).noneMatch(ServersDieWithTheirJvmTest::isAlive));
            assertThat(jvm.directory).exists();
            try (OtherJvm next = OtherJvm.start()) {
                assertThat(next.directory).isNotEqualTo(jvm.directory);
                assertThat(jvm.directory)
                        .as("the next JVM clears up what the killed one left")
                        .doesNotExist();
            }
        }
    }

    @Test
    void servers_ofAJvmThatExits_areGoneWithTheirDirectories_evenTheFrozenOne() throws Exception {
        try (OtherJvm jvm = OtherJvm.start()) {
            OutputStream commands = jvm.process.getOutputStream();
            commands.write('\n');
            commands.flush();

            assertThat(jvm.process.waitFor(20, TimeUnit.SECONDS)).isTrue();

            assertThat(jvm.process.exitValue()).isZero();
            assertThat(jvm.pids).hasSize(4).noneMatch(ServersDieWithTheirJvmTest::isAlive);
            assertThat(jvm.directory).doesNotExist();
        }
    }

    @Test
    void servers_ofAJvmToldToEnd_areGoneWithTheirDirectories() throws Exception {
        try (OtherJvm jvm = OtherJvm.start()) {
            jvm.process.destroy();

            assertThat(jvm.process.waitFor(20, TimeUnit.SECONDS)).isTrue();

            assertThat(jvm.pids).hasSize(4).noneMatch(ServersDieWithTheirJvmTest::isAlive);
            assertThat(jvm.directory).doesNotExist();
        }
    }

    /** A killed process may stay in the table as a zombie where nobody collects orphans; it runs nothing any more. */
    private static boolean isAlive(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return Files.exists(Path.of("/proc/self"))
                    ? false
                    : ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
    }

    private record OtherJvm(Process process, List<Long> pids, Path directory) implements AutoCloseable {

        static OtherJvm start() throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ServersOfAnotherJvm.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<Long> pids = new ArrayList<>();
            Path directory = null;
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = lines.readLine(); !"ready".equals(line); line = lines.readLine()) {
                assertThat(line).as("output of the other JVM").isNotNull();
                if (line.startsWith("/")) {
                    directory = Path.of(line);
                } else {
                    pids.add(Long.valueOf(line));
                }
            }
            return new OtherJvm(process, pids, directory);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
