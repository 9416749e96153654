package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Commands;
import dev.holdfast.testkit.process.ServerDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets PostgreSQL run for root, which it refuses to do by itself.
 *
 * <p>Within a user namespace without a mapping, root is nobody to PostgreSQL, yet to the kernel still the owner of its
 * files. An IPC namespace goes with it, for ordinary users too where they may have one: the System V segment by which
 * PostgreSQL guards a data directory then vanishes with the server, even if it is killed. (There are 4096 of them per machine.)
 */
final class Unprivileged {

    private static final List<String> NAMESPACES = List.of("unshare", "--user", "--ipc");

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable List<String> prefix;

    private Unprivileged() {}

    /** The command as it may be run by whoever owns the directory, which is to be one made by this JVM. */
    static List<String> command(Path directory, List<String> command) {
        List<String> all = new ArrayList<>(prefix(directory));
        all.addAll(command);
        return all;
    }

    private static List<String> prefix(Path directory) {
        LOCK.lock();
        try {
            List<String> known = prefix;
            if (known == null) {
                known = find(directory);
                prefix = known;
            }
            return known;
        } finally {
            LOCK.unlock();
        }
    }

    private static List<String> find(Path directory) {
        List<String> probe = new ArrayList<>(NAMESPACES);
        probe.add("true");
        if (Commands.succeeds(probe)) {
            return NAMESPACES;
        }
        if (ServerDirectory.isOwnedByRoot(directory)) {
            throw new ServerException("PostgreSQL does not run as root, and '" + String.join(" ", probe)
                    + "' fails here, so it cannot be made to. Remedy: run as an ordinary user, or allow user namespaces"
                    + " (Docker: --security-opt seccomp=unconfined), or use -Dholdfast.servers=external");
        }
        return List.of();
    }
}
