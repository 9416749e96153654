package dev.holdfast.testkit.postgres;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Unpacks a tar archive: files with their executable bit, directories, symbolic links and long names of GNU tar.
 *
 * <p>What else it holds (devices, hard links) is refused, and so is a name that leads out of the target directory.
 */
final class TarArchive {

    private static final int BLOCK = 512;

    private TarArchive() {}

    static void unpack(InputStream archive, Path directory) throws IOException {
        Path root = directory.toAbsolutePath().normalize();
        String longName = "";
        String longLink = "";
        for (byte[] header = archive.readNBytes(BLOCK); !isEnd(header); header = archive.readNBytes(BLOCK)) {
            if (header.length < BLOCK) {
                throw new EOFException("tar archive ends within a header");
            }
            long size = octal(header, 124, 12);
            char type = (char) header[156];
            if (type == 'L') {
                longName = text(content(archive, size), 0, (int) size);
                continue;
            }
            if (type == 'K') {
                longLink = text(content(archive, size), 0, (int) size);
                continue;
            }
            String name = longName.isEmpty() ? text(header, 0, 100) : longName;
            String link = longLink.isEmpty() ? text(header, 157, 100) : longLink;
            longName = "";
            longLink = "";
            Path target = within(root, root.resolve(name), name);
            switch (type) {
                case '5' -> Files.createDirectories(target);
                case '0', '\0' -> {
                    Files.createDirectories(target.getParent());
                    file(archive, size, target);
                    if ((octal(header, 100, 8) & 0100) != 0 && !target.toFile().setExecutable(true, true)) {
                        throw new IOException("cannot make " + target + " executable");
                    }
                }
                case '2' -> {
                    Files.createDirectories(target.getParent());
                    within(root, target.resolveSibling(link), link);
                    Files.createSymbolicLink(target, Path.of(link));
                }
                default -> throw new IOException("tar entry " + name + " is of the unsupported type '" + type + "'");
            }
        }
    }

    private static boolean isEnd(byte[] header) {
        for (byte b : header) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private static Path within(Path root, Path path, String name) throws IOException {
        Path normal = path.normalize();
        if (!normal.startsWith(root)) {
            throw new IOException("tar entry leads out of the archive: " + name);
        }
        return normal;
    }

    private static byte[] content(InputStream archive, long size) throws IOException {
        byte[] content = archive.readNBytes((int) size);
        skipPadding(archive, size);
        return content;
    }

    private static void file(InputStream archive, long size, Path target) throws IOException {
        try (OutputStream out = Files.newOutputStream(target)) {
            byte[] buffer = new byte[1 << 16];
            for (long left = size; left > 0; ) {
                int read = archive.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    throw new EOFException("tar archive ends within " + target.getFileName());
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
        skipPadding(archive, size);
    }

    private static void skipPadding(InputStream archive, long size) throws IOException {
        archive.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
    }

    private static long octal(byte[] header, int offset, int length) throws IOException {
        String digits = text(header, offset, length).strip();
        try {
            return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
        } catch (NumberFormatException e) {
            throw new IOException("tar header holds '" + digits + "' where a number belongs", e);
        }
    }

    private static String text(byte[] bytes, int offset, int length) {
        int end = offset;
        while (end < Math.min(offset + length, bytes.length) && bytes[end] != 0) {
            end++;
        }
        return new String(Arrays.copyOfRange(bytes, offset, end), StandardCharsets.UTF_8);
    }
}
