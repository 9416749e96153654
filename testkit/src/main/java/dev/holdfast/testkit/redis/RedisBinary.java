package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.BinaryCache;
import dev.holdfast.testkit.process.TestkitProperty;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds a {@code redis-server} that runs on this machine: the one that {@code -Dholdfast.redis.binary} names, the one in the
 * artifact {@code com.github.codemonstur:embedded-redis}, or one on the PATH.
 */
final class RedisBinary {

    static final String PROPERTY = "holdfast.redis.binary";

    private static final Pattern VERSION = Pattern.compile("(Redis|Valkey) server v=.*", Pattern.DOTALL);
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable Path found;

    private RedisBinary() {}

    /** Looks once per JVM. */
    static Path locate() {
        LOCK.lock();
        try {
            Path binary = found;
            if (binary == null) {
                binary = search(
                        TestkitProperty.get(PROPERTY).orElse(null),
                        BinaryCache.executable(resource(System.getProperty("os.name"), System.getProperty("os.arch"))),
                        System.getenv("PATH"));
                found = binary;
            }
            return binary;
        } finally {
            LOCK.unlock();
        }
    }

    static Path search(@Nullable String configured, Optional<Path> embedded, @Nullable String path) {
        List<String> refusals = new ArrayList<>();
        if (configured != null) {
            Optional<String> refusal = refusal(Path.of(configured));
            if (refusal.isEmpty()) {
                return Path.of(configured);
            }
            throw new ServerException(
                    PROPERTY + " names " + configured + ", which does not run as a Redis server: " + refusal.get());
        }
        List<Path> candidates = new ArrayList<>();
        embedded.ifPresent(candidates::add);
        for (String directory : path == null ? new String[0] : path.split(File.pathSeparator, -1)) {
            for (String name : List.of("redis-server", "valkey-server")) {
                Path candidate = Path.of(directory, name);
                if (!directory.isEmpty() && Files.isExecutable(candidate)) {
                    candidates.add(candidate);
                }
            }
        }
        for (Path candidate : candidates) {
            Optional<String> refusal = refusal(candidate);
            if (refusal.isEmpty()) {
                return candidate;
            }
            refusals.add(candidate + ": " + refusal.get());
        }
        throw new ServerException("no Redis server runs on this machine. The one in the artifact"
                + " com.github.codemonstur:embedded-redis needs libssl3 and glibc 2.34 (Debian 12, Ubuntu 22.04, RHEL 9 or"
                + " newer) on linux/amd64. Remedy: install the package redis-server, or name a binary by -D" + PROPERTY
                + ", or use -Dholdfast.servers=containers or external. Tried: "
                + (refusals.isEmpty() ? "nothing, neither is there" : String.join("; ", refusals)));
    }

    /** The resource in the artifact for a system; a name that does not exist where the artifact has none. */
    static String resource(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : osName.toLowerCase(Locale.ROOT);
        boolean arm = osArch.equals("aarch64") || osArch.equals("arm64");
        String arch = arm ? "arm64" : osArch.equals("x86_64") ? "amd64" : osArch;
        // Only this pair comes without TLS and with another version.
        String version = os.equals("linux") && arm ? "6.2.7" : "6.2.6-v5";
        return "redis-server-" + version + "-" + os + "-" + arch;
    }

    /** Why the program is no Redis server on this machine; empty if it is one. */
    private static Optional<String> refusal(Path binary) {
        Process process = null;
        try {
            process = new ProcessBuilder(binary.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                return Optional.of("--version did not return within 10 s");
            }
            String output = new String(process.getInputStream().readNBytes(2_000), StandardCharsets.UTF_8).strip();
            return process.exitValue() == 0 && VERSION.matcher(output).matches()
                    ? Optional.empty()
                    : Optional.of("--version ended with code " + process.exitValue() + " and said '" + output + "'");
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while looking for a Redis server", e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
