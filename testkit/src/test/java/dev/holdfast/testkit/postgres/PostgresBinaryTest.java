package dev.holdfast.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresBinaryTest {

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, false, postgres-linux-x86_64.txz",
        "Linux, amd64, true, postgres-linux-x86_64-alpine_linux.txz",
        "Linux, aarch64, false, postgres-linux-arm_64.txz",
        "Mac OS X, aarch64, false, postgres-darwin-arm_64.txz",
        "Mac OS X, x86_64, false, postgres-darwin-x86_64.txz",
        "Linux, riscv64, false, postgres-linux-riscv64.txz"
    })
    void resource_isNamedAsInTheArtifactOfThePlatform(String os, String arch, boolean alpine, String resource) {
        assertThat(PostgresBinary.resource(os, arch, alpine)).isEqualTo(resource);
    }

    @Test
    void locate_findsProgramsAndTheirVersion_once() {
        PostgresBinary binary = PostgresBinary.locate();

        assertThat(Files.isExecutable(Path.of(binary.program("initdb")))).isTrue();
        assertThat(binary.version()).isGreaterThanOrEqualTo(14);
        assertThat(PostgresBinary.locate()).isSameAs(binary);
    }
}
