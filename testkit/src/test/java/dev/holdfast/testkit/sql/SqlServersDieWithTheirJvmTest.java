package dev.holdfast.testkit.sql;

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
class SqlServersDieWithTheirJvmTest {

    /** Two postmasters with at least four processes of their own each, three backends and walsender, and MariaDB. */
    private static final int AT_LEAST = 12;

    @Test
    void servers_ofAJvmKilledWithMinus9_areGone_evenTheFrozenOne() throws Exception {
        try (OtherJvm jvm = OtherJvm.start()) {
            assertThat(jvm.servers).hasSizeGreaterThan(AT_LEAST).allMatch(SqlServersDieWithTheirJvmTest::isAlive);

            jvm.process.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(() -> assertThat(jvm.servers).noneMatch(SqlServersDieWithTheirJvmTest::isAlive));
        }
    }

    @Test
    void servers_ofAJvmThatExits_areGone_evenTheFrozenOne() throws Exception {
        try (OtherJvm jvm = OtherJvm.start();
                OutputStream commands = jvm.process.getOutputStream()) {
            commands.write('\n');
            commands.flush();

            assertThat(jvm.process.waitFor(30, TimeUnit.SECONDS)).isTrue();

            assertThat(jvm.process.exitValue()).isZero();
            assertThat(jvm.servers).hasSizeGreaterThan(AT_LEAST).noneMatch(SqlServersDieWithTheirJvmTest::isAlive);
        }
    }

    /** A killed process may stay in the table as a zombie where nobody collects orphans; it runs nothing any more. */
    private static boolean isAlive(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return false;
        }
    }

    private record OtherJvm(Process process, List<Long> servers) implements AutoCloseable {

        static OtherJvm start() throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx128m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SqlServersOfAnotherJvm.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<Long> servers = new ArrayList<>();
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = lines.readLine(); !"ready".equals(line); line = lines.readLine()) {
                assertThat(line).as("output of the other JVM").isNotNull();
                if (line.matches("\\d+")) {
                    servers.add(Long.valueOf(line));
                }
            }
            return new OtherJvm(process, servers);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
