package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the testkit keeps files: per user, never in a directory that somebody else prepared. */
final class UserFiles {

    private static final String NAME = "holdfast-testkit";
    private static final String CACHE_PROPERTY = "holdfast.testkit.cache";
    private static final Path MACHINE = Path.of("/tmp");
    private static final Pattern UNUSUAL = Pattern.compile("[^A-Za-z0-9._-]");

    private static volatile @Nullable UserPrincipal user;

    private UserFiles() {}

    /** For what lives as long as a JVM. */
    static Path temporary() {
        return below(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** For what concerns the machine: the same place for all JVMs of a user, wherever their temporary files are. */
    static Path ofMachine() {
        if (Files.isWritable(MACHINE)) {
            try {
                return below(MACHINE);
            } catch (ServerException e) {
                // Somebody else was there before; ports are tried before they are used in any case.
                return temporary();
            }
        }
        return temporary();
    }

    private static Path below(Path directory) {
        return own(
                directory.resolve(NAME + "-" + UNUSUAL.matcher(user().getName()).replaceAll("_")));
    }

    /**
     * This user as the file system knows it. The property {@code user.name} may say something else, or nothing: in a container
     * that runs as any number, nobody has a name.
     */
    private static UserPrincipal user() {
        UserPrincipal known = user;
        if (known == null) {
            try {
                Path directory = Files.createDirectories(Path.of(System.getProperty("java.io.tmpdir")));
                Path probe = Files.createTempFile(directory, NAME, ".probe");
                known = Files.getOwner(probe);
                Files.delete(probe);
            } catch (IOException e) {
                throw new ServerException(
                        "cannot write to " + System.getProperty("java.io.tmpdir")
                                + "; name another place by -Djava.io.tmpdir",
                        e);
            }
            user = known;
        }
        return known;
    }

    /** For what stays: the first of the property, the user's cache directory and the temporary one that can be written. */
    static Path cache() {
        Optional<String> configured = TestkitProperty.get(CACHE_PROPERTY);
        if (configured.isPresent()) {
            return own(Path.of(configured.get()));
        }
        List<Path> candidates = new ArrayList<>();
        String xdg = System.getenv("XDG_CACHE_HOME");
        if (xdg != null && Path.of(xdg).isAbsolute()) {
            candidates.add(Path.of(xdg, NAME));
        }
        String home = System.getProperty("user.home");
        if (home != null && Path.of(home).isAbsolute() && Files.isDirectory(Path.of(home))) {
            candidates.add(Path.of(home, ".cache", NAME));
        }
        for (Path candidate : candidates) {
            try {
                return own(candidate);
            } catch (ServerException e) {
                // A home that is read-only or not ours is common in containers; the temporary directory remains.
            }
        }
        return temporary();
    }

    private static Path own(Path directory) {
        try {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(directory.toAbsolutePath().getParent());
                create(directory);
            }
            UserPrincipal owner = Files.getOwner(directory);
            if (!Files.isWritable(directory) || !owner.equals(user())) {
                throw new ServerException(directory + " belongs to " + owner.getName() + " or cannot be written by "
                        + user().getName() + "; name another one by -D" + CACHE_PROPERTY + " or -Djava.io.tmpdir");
            }
            return directory.toAbsolutePath();
        } catch (IOException e) {
            throw new ServerException(
                    "cannot create " + directory + "; name another place by -D" + CACHE_PROPERTY
                            + " or -Djava.io.tmpdir",
                    e);
        }
    }

    private static void create(Path directory) throws IOException {
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (java.nio.file.FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }
}
