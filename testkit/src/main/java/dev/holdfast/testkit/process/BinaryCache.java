package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * Native programs taken from artifacts on the class path and kept, unpacked, in a directory of the user.
 *
 * <p>Each program lives under a hash of its content, so that a new version of the artifact never meets the files of an old
 * one. Unpacking is atomic: other threads, JVMs and builds see a complete program or none. The place is
 * {@code ~/.cache/holdfast-testkit}, or what {@code -Dholdfast.testkit.cache} says. Thread-safe.
 */
public final class BinaryCache {

    /** Turns the content of a resource into files. */
    @FunctionalInterface
    public interface Unpacker {

        /**
         * Writes the files.
         *
         * @param content the resource, from its beginning; closed by the caller
         * @param directory an empty directory
         * @throws IOException if that fails; nothing is kept then
         */
        void unpack(InputStream content, Path directory) throws IOException;
    }

    private BinaryCache() {}

    /**
     * Provides a single executable file.
     *
     * @param resource its absolute name on the class path, without a leading slash
     * @return the executable, or empty if the class path has no such resource
     * @throws ServerException if it cannot be read or written
     */
    public static Optional<Path> executable(String resource) {
        String file = resource.substring(resource.lastIndexOf('/') + 1);
        return directory(resource, (content, directory) -> {
                    Path target = directory.resolve(file);
                    try (OutputStream out = Files.newOutputStream(target)) {
                        content.transferTo(out);
                    }
                    if (!target.toFile().setExecutable(true, true)) {
                        throw new IOException("cannot make " + target + " executable");
                    }
                })
                .map(directory -> directory.resolve(file));
    }

    /**
     * Provides the directory into which a resource, usually an archive, was unpacked.
     *
     * @param resource its absolute name on the class path, without a leading slash
     * @param unpacker called only if the directory does not exist yet
     * @return the directory, which must not be changed; or empty if the class path has no such resource
     * @throws ServerException if it cannot be read or written
     */
    public static Optional<Path> directory(String resource, Unpacker unpacker) {
        URL url = find(resource);
        if (url == null) {
            return Optional.empty();
        }
        try {
            String name = resource.substring(resource.lastIndexOf('/') + 1);
            Path target = UserFiles.cache().resolve(name + "-" + hash(url));
            if (!Files.isDirectory(target)) {
                unpack(url, unpacker, target);
            }
            return Optional.of(target);
        } catch (IOException e) {
            throw new ServerException("cannot unpack " + url, e);
        }
    }

    private static @Nullable URL find(String resource) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        URL url = context == null ? null : context.getResource(resource);
        return url == null ? BinaryCache.class.getClassLoader().getResource(resource) : url;
    }

    private static void unpack(URL url, Unpacker unpacker, Path target) throws IOException {
        Path partial = Files.createTempDirectory(target.getParent(), ".partial-");
        try {
            try (InputStream content = url.openStream()) {
                unpacker.unpack(content, partial);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Somebody else was faster: theirs is as good as ours. Anything else is a failure.
            if (!Files.isDirectory(target)) {
                throw e;
            }
        } finally {
            ServerDirectory.delete(partial);
        }
    }

    /** Of the content; of name and checksum in its jar, where it lies in one, since some are hundreds of megabytes. */
    private static String hash(URL url) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            if (url.openConnection() instanceof JarURLConnection connection) {
                connection.setUseCaches(false);
                try (JarFile jar = connection.getJarFile()) {
                    JarEntry entry = connection.getJarEntry();
                    String identity = Path.of(jar.getName()).getFileName() + " " + entry.getName() + " "
                            + entry.getSize() + " " + entry.getCrc();
                    digest.update(identity.getBytes(StandardCharsets.UTF_8));
                }
            } else {
                try (InputStream content = new DigestInputStream(url.openStream(), digest)) {
                    content.transferTo(OutputStream.nullOutputStream());
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
