package dev.holdfast.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerDirectoryTest {

    @TempDir
    private Path home;

    @Test
    void sweep_deletesWhatAKilledJvmLeft() throws IOException {
        Path abandoned = run("run-1-abandoned");
        Files.createFile(abandoned.resolve("lock"));

        ServerDirectory.sweep(home);

        assertThat(abandoned).doesNotExist();
    }

    @Test
    void sweep_deletesWhatIsLeftOfADeletionThatWasKilled_butNothingThatIsBeingMade() throws IOException {
        Path halfDeleted = run("run-1-half-deleted");
        Files.setLastModifiedTime(halfDeleted, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Path beingMade = run("run-1-being-made");

        ServerDirectory.sweep(home);

        assertThat(halfDeleted).doesNotExist();
        assertThat(beingMade).exists();
    }

    private Path run(String name) throws IOException {
        Path directory = Files.createDirectory(home.resolve(name));
        Files.createFile(directory.resolve("data"));
        return directory;
    }
}
