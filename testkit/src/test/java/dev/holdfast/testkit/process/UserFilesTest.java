package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
class UserFilesTest {

    private static final List<String> AS_NOBODY_IN_PARTICULAR = List.of("unshare", "--user", "--map-user=54321");

    @TempDir
    private Path temporary;

    /** As with {@code docker run --user 54321} and on OpenShift. */
    @Test
    void aUserWithoutAName_hasFilesToo() throws Exception {
        assumeNobodyInParticularCanRun();

        String output = ofAnotherJvm(AS_NOBODY_IN_PARTICULAR, List.of());

        assertThat(output).contains("wrote " + temporary.resolve("holdfast-testkit-54321"));
    }

    @Test
    void whatAKilledJvmLeft_andCannotBeDeleted_hindersNobody() throws Exception {
        // Not as root, who may delete everything.
        assumeNobodyInParticularCanRun();
        Path home = Files.createDirectory(temporary.resolve("holdfast-testkit-54321"));
        Path left = Files.createDirectories(home.resolve("run-1-left/data"));
        Files.createFile(left.resolveSibling("lock"));
        Files.createFile(left.resolve("file"));
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("r-x------"));

        String output = ofAnotherJvm(AS_NOBODY_IN_PARTICULAR, List.of());

        assertThat(output).contains("wrote " + home);
    }

    @Test
    void temporaryDirectory_isMade_ifThereIsNone() throws Exception {
        temporary = temporary.resolve("not/yet");

        assertThat(ofAnotherJvm(List.of(), List.of())).contains("wrote " + temporary);
    }

    @Test
    void aUserWhoCallsHimselfOtherwise_hasFilesToo() throws Exception {
        String output = ofAnotherJvm(List.of(), List.of("-Duser.name=somebody"));

        assertThat(output).contains("wrote " + temporary);
    }

    /** Builds that have directories of their own for temporary files still share the ports of the machine. */
    @Test
    void portsAreClaimedInOnePlace_whereverTemporaryFilesAre() throws Exception {
        String own = "ports " + Ports.locks();

        assertThat(ofAnotherJvm(List.of(), List.of(), "ports")).contains(own);
    }

    private static void assumeNobodyInParticularCanRun() {
        List<String> probe = new ArrayList<>(AS_NOBODY_IN_PARTICULAR);
        probe.add("true");
        assumeTrue(Commands.succeeds(probe), "needs unshare of util-linux and the right to use it");
    }

    private String ofAnotherJvm(List<String> wrapper, List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                Scenario.class.getName()));
        command.addAll(List.of(arguments));
        Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jvm.waitFor()).as(output).isZero();
        return output;
    }

    /** The main class of the other JVM. */
    static final class Scenario {

        private Scenario() {}

        public static void main(String[] arguments) throws Exception {
            Path file = ServerDirectory.create("sample").resolve("file");
            Files.writeString(file, "content");
            System.out.println("wrote " + file);
            if (arguments.length > 0) {
                System.out.println("ports " + Ports.locks());
            }
        }
    }
}
