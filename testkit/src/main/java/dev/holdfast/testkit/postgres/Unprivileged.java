package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Commands;
import dev.holdfast.testkit.process.ServerDirectory;
import dev.holdfast.testkit.process.TestkitProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The ways in which PostgreSQL can be run, given that it refuses to be run by root. */
enum Unprivileged {
    /**
     * In a user namespace without a mapping: root is nobody to PostgreSQL, yet to the kernel still the owner of its files. An IPC
     * namespace goes with it, for ordinary users too: the System V segment by which PostgreSQL guards a data directory then
     * vanishes with the server, even if it is killed. (There are 4096 of them per machine.)
     */
    NAMESPACE("unshare --user --ipc"),

    /** As user 65534, for root in a container that may not make namespaces: files have to be handed over to that user. */
    NOBODY("setpriv --reuid=65534 --regid=65534 --clear-groups"),

    /** As the ordinary user that this JVM runs as. */
    DIRECT("");

    /** Overrides what is found out. */
    static final String PROPERTY = "holdfast.postgres.run";

    private static final String NOBODY_AND_ITS_GROUP = "65534:65534";

    private final String prefix;

    Unprivileged(String prefix) {
        this.prefix = prefix;
    }

    /** Finds a way for the user who owns the directory, which is to be one made by this JVM. */
    static Unprivileged find(Path directory) {
        String configured = TestkitProperty.get(PROPERTY).orElse("");
        if (!configured.isEmpty()) {
            return Arrays.stream(values())
                    .filter(way -> way.toString().equals(configured))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            PROPERTY + " is '" + configured + "'; it must be one of " + Arrays.toString(values())));
        }
        boolean root = ServerDirectory.isOwnedByRoot(directory);
        if (NAMESPACE.works()) {
            return NAMESPACE;
        }
        if (!root) {
            return DIRECT;
        }
        if (NOBODY.works()) {
            return NOBODY;
        }
        throw new ServerException("PostgreSQL does not run as root, and neither "
                + NAMESPACE.prefix + " nor " + NOBODY.prefix
                + " works here, so it cannot be made to. Remedy: run as an ordinary user, or install util-linux, or use"
                + " -Dholdfast.servers=containers or external");
    }

    private boolean works() {
        return Commands.succeeds(command(List.of("true")));
    }

    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>();
        if (!prefix.isEmpty()) {
            all.addAll(List.of(prefix.split(" ", -1)));
        }
        all.addAll(command);
        return all;
    }

    /** Provides the programs where the server's user can read them. */
    PostgresBinary reachable(PostgresBinary binary) {
        if (this != NOBODY) {
            return binary;
        }
        Path directory = ServerDirectory.create("postgres-programs");
        Path home = directory.resolve("home");
        ServerDirectory.copy(binary.home(), home);
        handOver(directory);
        return new PostgresBinary(home, binary.version());
    }

    /** Gives a directory of {@link ServerDirectory} to the server's user, and lets it pass through the two above. */
    void handOver(Path directory) {
        if (this != NOBODY) {
            return;
        }
        Path run = directory.resolveSibling(".").normalize();
        try {
            for (Path above : List.of(run, run.resolveSibling(".").normalize())) {
                Set<PosixFilePermission> rights = EnumSet.copyOf(Files.getPosixFilePermissions(above));
                rights.add(PosixFilePermission.OTHERS_EXECUTE);
                Files.setPosixFilePermissions(above, rights);
            }
        } catch (IOException e) {
            throw new ServerException("cannot let PostgreSQL's user into " + run, e);
        }
        Commands.output(List.of("chown", "-R", NOBODY_AND_ITS_GROUP, directory.toString()));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
