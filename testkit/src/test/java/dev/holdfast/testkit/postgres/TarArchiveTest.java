package dev.holdfast.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarArchiveTest {

    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();

    @TempDir
    private Path directory;

    @Test
    void unpack_makesFilesDirectoriesAndLinks() throws IOException {
        entry("bin/", '5', 0755, "", "");
        entry("bin/program", '0', 0755, "", "x".repeat(1_000));
        entry("bin/notes", '0', 0644, "", "y".repeat(512));
        entry("bin/alias", '2', 0777, "program", "");
        entry("deep/er/empty", '0', 0644, "", "");

        unpack();

        assertThat(directory.resolve("bin/program")).hasContent("x".repeat(1_000));
        assertThat(Files.isExecutable(directory.resolve("bin/program"))).isTrue();
        assertThat(Files.isExecutable(directory.resolve("bin/notes"))).isFalse();
        assertThat(Files.readSymbolicLink(directory.resolve("bin/alias"))).hasToString("program");
        assertThat(directory.resolve("deep/er/empty")).isEmptyFile();
    }

    @Test
    void unpack_readsTheLongNamesOfGnuTar() throws IOException {
        String longName = "directory/".repeat(15) + "file";
        entry("././@LongLink", 'L', 0644, "", longName + "\0");
        entry(longName.substring(0, 100), '0', 0644, "", "found");
        entry("after", '0', 0644, "", "short again");

        unpack();

        assertThat(directory.resolve(longName)).hasContent("found");
        assertThat(directory.resolve("after")).hasContent("short again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside", "/etc/outside", "a/../../outside"})
    void unpack_ofANameThatLeadsOut_isRefused(String name) throws IOException {
        entry(name, '0', 0644, "", "evil");

        assertThatThrownBy(this::unpack).isInstanceOf(IOException.class).hasMessageContaining("leads out");
        assertThat(directory.resolveSibling("outside")).doesNotExist();
    }

    @Test
    void unpack_ofALinkThatLeadsOut_isRefused() throws IOException {
        entry("link", '2', 0777, "../../etc/passwd", "");

        assertThatThrownBy(this::unpack).hasMessageContaining("leads out");
    }

    @Test
    void unpack_ofADevice_isRefused() throws IOException {
        entry("null", '3', 0644, "", "");

        assertThatThrownBy(this::unpack).hasMessageContaining("unsupported type '3'");
    }

    @Test
    void unpack_ofATruncatedArchive_isRefused() throws IOException {
        entry("file", '0', 0644, "", "z".repeat(2_000));
        byte[] half = Arrays.copyOf(archive.toByteArray(), 1_500);

        assertThatThrownBy(() -> TarArchive.unpack(new ByteArrayInputStream(half), directory))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("file");
    }

    private void unpack() throws IOException {
        archive.write(new byte[1_024]);
        TarArchive.unpack(new ByteArrayInputStream(archive.toByteArray()), directory);
    }

    private void entry(String name, char type, int mode, String link, String content) throws IOException {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, String.format("%07o", mode));
        put(header, 124, String.format("%011o", content.length()));
        header[156] = (byte) type;
        put(header, 157, link);
        put(header, 257, "ustar  ");
        archive.write(header);
        archive.write(Arrays.copyOf(content.getBytes(StandardCharsets.UTF_8), (content.length() + 511) / 512 * 512));
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
