package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisBinaryTest {

    private static final String SERVER = "echo 'Redis server v=7.0.15 sha=00000000:0'";
    private static final String LIBRARY_MISSING =
            "echo 'error while loading shared libraries: libssl.so.3' >&2; exit 127";

    @TempDir
    Path directory;

    @Test
    void embeddedBinary_isTaken_ifItRuns() throws IOException {
        Path embedded = script("embedded", SERVER);
        script("redis-server", SERVER);

        assertThat(RedisBinary.search(null, Optional.of(embedded), directory.toString()))
                .isEqualTo(embedded);
    }

    @Test
    void serverOnThePath_isTaken_ifTheEmbeddedOneDoesNotRunHere() throws IOException {
        Path embedded = script("embedded", LIBRARY_MISSING);
        Path installed = script("redis-server", SERVER);

        assertThat(RedisBinary.search(null, Optional.of(embedded), "/no/such/place:" + directory))
                .isEqualTo(installed);
    }

    @Test
    void valkey_isTakenToo() throws IOException {
        Path installed = script("valkey-server", "echo 'Valkey server v=8.0.1 sha=00000000:0'");

        assertThat(RedisBinary.search(null, Optional.empty(), directory.toString()))
                .isEqualTo(installed);
    }

    @Test
    void nothingThatRuns_isAnErrorWithReasonAndRemedy() throws IOException {
        Path embedded = script("embedded", LIBRARY_MISSING);
        script("redis-server", "echo 'something else'");

        assertThatThrownBy(() -> RedisBinary.search(null, Optional.of(embedded), directory.toString()))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("libssl.so.3")
                .hasMessageContaining("something else")
                .hasMessageContaining("install the package redis-server")
                .hasMessageContaining("-Dholdfast.redis.binary");
        assertThatThrownBy(() -> RedisBinary.search(null, Optional.empty(), null))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("Tried: nothing");
    }

    @Test
    void configuredBinary_isTakenOrRefused_withoutALookElsewhere() throws IOException {
        Path good = script("good", SERVER);
        Path bad = script("bad", LIBRARY_MISSING);

        assertThat(RedisBinary.search(good.toString(), Optional.empty(), null)).isEqualTo(good);
        assertThatThrownBy(() -> RedisBinary.search(bad.toString(), Optional.of(good), directory.toString()))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("holdfast.redis.binary names " + bad)
                .hasMessageContaining("libssl.so.3");
        assertThatThrownBy(() -> RedisBinary.search("/no/such/binary", Optional.of(good), null))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("/no/such/binary");
    }

    @Test
    void resource_isThatOfTheSystem() {
        assertThat(RedisBinary.resource("Linux", "amd64")).isEqualTo("redis-server-6.2.6-v5-linux-amd64");
        assertThat(RedisBinary.resource("Linux", "aarch64")).isEqualTo("redis-server-6.2.7-linux-arm64");
        assertThat(RedisBinary.resource("Mac OS X", "x86_64")).isEqualTo("redis-server-6.2.6-v5-darwin-amd64");
        assertThat(RedisBinary.resource("Mac OS X", "aarch64")).isEqualTo("redis-server-6.2.6-v5-darwin-arm64");
    }

    private Path script(String name, String body) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }
}
