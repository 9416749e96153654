package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Directories for the data of servers, below {@code holdfast-testkit-<user>} in the directory for temporary files.
 *
 * <p>What a killed JVM left behind is deleted by the next one: each JVM holds a lock on its part, and the kernel lets go of
 * the lock when the JVM dies.
 */
public final class ServerDirectory {

    private static final String PREFIX = "run-";
    private static final String OWN_PREFIX = PREFIX + ProcessHandle.current().pid() + "-";
    private static final String LOCK_FILE = "lock";

    /** More than it takes from making a directory to locking it. */
    private static final Duration BEING_MADE = Duration.ofHours(1);

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable Path run;
    private static int created;

    /** Held open as long as the JVM lives, which is what tells others that it lives. */
    private static final List<FileChannel> ALIVE = new ArrayList<>();

    private ServerDirectory() {}

    /**
     * Creates an empty directory that only this user can read.
     *
     * @param name its name, to be recognised by; a number is added
     * @return an absolute path
     * @throws ServerException if it cannot be created
     */
    public static Path create(String name) {
        LOCK.lock();
        try {
            Path parent = run;
            if (parent == null) {
                parent = openRun();
                run = parent;
            }
            created++;
            return Files.createDirectory(parent.resolve(name + "-" + created));
        } catch (IOException e) {
            throw new ServerException("cannot create a directory for " + name + " below " + UserFiles.temporary(), e);
        } finally {
            LOCK.unlock();
        }
    }

    private static Path openRun() throws IOException {
        Path home = UserFiles.temporary();
        sweep(home);
        Path directory = Files.createTempDirectory(home, OWN_PREFIX);
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        ALIVE.add(channel);
        return directory;
    }

    static void sweep(Path home) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(home, PREFIX + "*")) {
            for (Path other : runs) {
                // This class may be loaded twice, and opening and closing the lock file would let go of the other's
                // lock.
                boolean own = other.getFileName().toString().startsWith(OWN_PREFIX);
                if (!own && isAbandoned(other)) {
                    try {
                        delete(other);
                    } catch (UncheckedIOException e) {
                        // A server of a JVM that was killed this moment may still be at work in there: the next JVM
                        // clears it up. This one has to start its servers.
                    }
                }
            }
        }
    }

    private static boolean isAbandoned(Path run) {
        try (FileChannel channel = FileChannel.open(run.resolve(LOCK_FILE), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (NoSuchFileException e) {
            // It is being made, or what a deletion left that was killed itself.
            return isOld(run);
        } catch (OverlappingFileLockException | IOException e) {
            return false;
        }
    }

    private static boolean isOld(Path run) {
        try {
            return Files.getLastModifiedTime(run)
                    .toInstant()
                    .isBefore(Instant.now().minus(BEING_MADE));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Tells whether root owns a path, as it does all that a JVM of root creates. Some servers want to know.
     *
     * @param path an existing file or directory
     * @return whether it belongs to user 0; false where users have no numbers
     */
    public static boolean isOwnedByRoot(Path path) {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(path, "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Copies a directory and all it contains, with rights and times.
     *
     * @param source a directory in which nobody writes
     * @param target the directory to create
     * @throws ServerException if that fails
     */
    public static void copy(Path source, Path target) {
        try (Stream<Path> paths = Files.walk(source)) {
            // A directory comes before what it contains.
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.copy(
                        path, target.resolve(source.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw new ServerException("cannot copy " + source + " to " + target, e);
        }
    }

    /**
     * Deletes a directory and all it contains; what vanishes meanwhile is passed over.
     *
     * @param directory the directory; nothing happens if there is none
     */
    public static void delete(Path directory) {
        // A server that just died may still have had children at work in there, so one more pass is granted.
        for (int attempt = 1; ; attempt++) {
            try {
                deleteOnce(directory);
                return;
            } catch (IOException e) {
                if (attempt == 3) {
                    throw new UncheckedIOException("cannot delete " + directory, e);
                }
            }
        }
    }

    private static void deleteOnce(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Deletes everything of this JVM; called when it ends. */
    static void deleteAll() {
        Path mine = run;
        if (mine != null) {
            delete(mine);
        }
    }
}
