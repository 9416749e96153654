package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Commands;
import dev.holdfast.testkit.process.Ports;
import dev.holdfast.testkit.process.ServerDirectory;
import dev.holdfast.testkit.process.ServerProcess;
import dev.holdfast.testkit.sql.SqlAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Starts MariaDB as a child process, on a copy of a data directory that this JVM initialised once.
 *
 * <p>The initialised directory is not kept for the next JVM: it is not synced to disk, and a power cut would leave a broken
 * one behind for good.
 */
final class EmbeddedMariaDb {

    static final String HOST = "127.0.0.1";
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    static final String USER = "holdfast";
    static final String PASSWORD = "testkit-secret";
    static final String DATABASE = "test";

    private static final int PORT_ATTEMPTS = 3;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final int PROBE_TIMEOUT = 1_000;

    /**
     * What makes a server for tests: quick rather than safe against a power cut, and small. TLS is off because the server would
     * compute an RSA key at each start, which can take half a minute.
     */
    static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("debug-no-sync", "1"),
            Map.entry("innodb-flush-method", "nosync"),
            Map.entry("innodb-flush-log-at-trx-commit", "2"),
            Map.entry("innodb-doublewrite", "0"),
            Map.entry("innodb-buffer-pool-size", "32M"),
            Map.entry("innodb-log-file-size", "16M"),
            Map.entry("innodb-temp-data-file-path", "ibtmp1:1M:autoextend"),
            Map.entry("innodb-undo-tablespaces", "0"),
            Map.entry("innodb-fast-shutdown", "2"),
            Map.entry("performance-schema", "0"),
            Map.entry("max-connections", "100"),
            Map.entry("character-set-server", "utf8mb4"),
            Map.entry("collation-server", "utf8mb4_unicode_ci"),
            Map.entry("default-time-zone", "+00:00"),
            Map.entry("ssl", "0"));

    /** Guards the initialised directory while it is made; no server is started under it. */
    private static final ReentrantLock LOCK = new ReentrantLock();

    private static @Nullable Path initialised;

    private EmbeddedMariaDb() {}

    static MariaDbServer start(Map<String, String> settings) {
        MariaDbBinary binary = MariaDbBinary.locate();
        Path source = initialised(binary);
        for (int attempt = 1; ; attempt++) {
            int port = Ports.take();
            String name = "mariadb-" + port;
            Path directory = ServerDirectory.create(name);
            ServerDirectory.copy(source, directory.resolve("data"));
            ServerProcess process = process(binary, name, directory, port, settings);
            try {
                process.start();
                return new MariaDbServer(
                        new SqlAddress(SqlAddress.Kind.MARIADB, HOST, port, DATABASE, USER, PASSWORD), process);
            } catch (RuntimeException e) {
                String output = process.output();
                process.close();
                if (!output.contains("Can't start server: Bind on TCP/IP port") || attempt == PORT_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static ServerProcess process(
            MariaDbBinary binary, String name, Path directory, int port, Map<String, String> settings) {
        Path pidFile = directory.resolve("pid");
        Map<String, String> all = new LinkedHashMap<>(DEFAULTS);
        all.putAll(settings);
        all.put("bind-address", HOST);
        all.put("port", Integer.toString(port));
        all.put("socket", "");
        all.put("pid-file", pidFile.toString());
        all.put("tmpdir", directory.toString());
        List<String> command = command(binary, directory.resolve("data"), all);
        command.add("--skip-name-resolve");
        return ServerProcess.builder(name)
                .directory(directory)
                .command(command)
                .startTimeout(START_TIMEOUT)
                .stop("TERM", STOP_TIMEOUT)
                .readyWhen(server -> isOf(server, pidFile) && greets(port))
                .onClose(() -> Ports.release(port))
                .build();
    }

    private static List<String> command(MariaDbBinary binary, Path data, Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of(binary.program()));
        command.addAll(binary.places());
        command.add("--datadir=" + data);
        if (ServerDirectory.isOwnedByRoot(data)) {
            // Without this word it refuses to run as root.
            command.add("--user=root");
        }
        settings.forEach((setting, value) -> command.add("--" + setting + "=" + value));
        return command;
    }

    /** The server writes the file when it has its port; until then somebody else may listen there. */
    private static boolean isOf(ServerProcess server, Path pidFile) throws IOException {
        return server.owns(Long.parseLong(Files.readString(pidFile).strip()));
    }

    /** The server binds its port early; it greets clients, as the first to speak, when it serves them. */
    private static boolean greets(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), PROBE_TIMEOUT);
            socket.setSoTimeout(PROBE_TIMEOUT);
            return socket.getInputStream().readNBytes(5).length == 5;
        }
    }

    private static Path initialised(MariaDbBinary binary) {
        LOCK.lock();
        try {
            Path known = initialised;
            if (known == null) {
                known = initialise(binary);
                initialised = known;
            }
            return known;
        } finally {
            LOCK.unlock();
        }
    }

    private static Path initialise(MariaDbBinary binary) {
        Path directory = ServerDirectory.create("mariadb-initialised");
        Path data = directory.resolve("data");
        try {
            Files.createDirectory(data);
        } catch (IOException e) {
            throw new ServerException("cannot initialise MariaDB in " + directory, e);
        }
        Map<String, String> settings = new LinkedHashMap<>(DEFAULTS);
        settings.put("max-allowed-packet", "8M");
        settings.put("net-buffer-length", "16K");
        settings.put("enforce-storage-engine", "");
        List<String> command = command(binary, data, settings);
        command.add("--bootstrap");
        command.add("--silent-startup");
        String account = USER + "@'%'";
        // A statement that the server reads in this mode ends at the end of a line.
        String statements =
                "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n" + binary.systemTables()
                        + "CREATE DATABASE " + DATABASE + ";\nFLUSH PRIVILEGES;\n"
                        + "CREATE USER " + account + " IDENTIFIED BY '" + PASSWORD + "';\n"
                        + "GRANT ALL ON *.* TO " + account + " WITH GRANT OPTION;\n";
        Commands.output(command, statements);
        return data;
    }
}
