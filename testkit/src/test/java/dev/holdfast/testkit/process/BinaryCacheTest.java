package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BinaryCacheTest {

    private static final String RESOURCE = "logback-test.xml";

    @TempDir
    Path cache;

    @BeforeEach
    void useOwnCache() {
        System.setProperty("holdfast.testkit.cache", cache.toString());
    }

    @AfterEach
    void useTheUsersCache() {
        System.clearProperty("holdfast.testkit.cache");
    }

    @Test
    void executable_ofAMissingResource_isEmpty() {
        assertThat(BinaryCache.executable("no/such/program")).isEmpty();
    }

    @Test
    void executable_isUnpackedOnce() throws IOException {
        Path first = BinaryCache.executable(RESOURCE).orElseThrow();
        Path second = BinaryCache.executable(RESOURCE).orElseThrow();

        assertThat(first).isExecutable().isEqualTo(second);
        assertThat(entries()).hasSize(1);
    }

    @Test
    void directory_unpackedByManyAtOnce_isCompleteForEach() throws IOException {
        Set<Path> directories = ConcurrentHashMap.newKeySet();

        IntStream.range(0, 16).parallel().forEach(i -> {
            Path directory = BinaryCache.directory(RESOURCE, (content, target) -> {
                        for (int file = 0; file < 50; file++) {
                            Files.writeString(target.resolve("file-" + file), "content");
                        }
                    })
                    .orElseThrow();
            assertThat(directory.toFile().list()).hasSize(50);
            directories.add(directory);
        });

        assertThat(directories).hasSize(1);
        assertThat(entries()).hasSize(1);
    }

    @Test
    void directory_whoseUnpackingFails_isNotKept() throws IOException {
        assertThatThrownBy(() -> BinaryCache.directory(RESOURCE, (content, target) -> {
                    Files.writeString(target.resolve("half"), "content");
                    throw new IOException("disk full");
                }))
                .isInstanceOf(ServerException.class)
                .hasRootCauseMessage("disk full");

        assertThat(entries()).isEmpty();
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            return entries.toList();
        }
    }
}
