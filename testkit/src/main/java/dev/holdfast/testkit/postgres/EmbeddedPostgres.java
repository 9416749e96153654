package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Commands;
import dev.holdfast.testkit.process.Ports;
import dev.holdfast.testkit.process.ServerDirectory;
import dev.holdfast.testkit.process.ServerProcess;
import dev.holdfast.testkit.sql.SqlAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts PostgreSQL as a child process, on a copy of a cluster that this JVM initialised once.
 *
 * <p>{@code initdb} takes about half a second, a copy a tenth of it. The initialised cluster is not kept for the next JVM: it
 * is not synced to disk, and a power cut would leave a broken one behind for good.
 */
final class EmbeddedPostgres {

    static final String HOST = "127.0.0.1";
    static final String USER = "postgres";
    static final String PASSWORD = "testkit-secret";
    static final String DATABASE = "postgres";

    private static final int PORT_ATTEMPTS = 3;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    /**
     * What makes a server for tests: quick rather than safe against a power cut, small, sparing with the disk, and nothing left
     * outside its directory.
     */
    static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("fsync", "off"),
            Map.entry("full_page_writes", "off"),
            Map.entry("wal_init_zero", "off"),
            Map.entry("checkpoint_flush_after", "0"),
            Map.entry("bgwriter_flush_after", "0"),
            Map.entry("max_wal_size", "1GB"),
            Map.entry("shared_buffers", "32MB"),
            Map.entry("max_connections", "100"),
            Map.entry("dynamic_shared_memory_type", "mmap"),
            Map.entry("timezone", "UTC"),
            Map.entry("log_timezone", "UTC"));

    /** Guards the origin while it is made; no server is started under it. */
    private static final ReentrantLock LOCK = new ReentrantLock();

    private static @Nullable Origin origin;

    /** What all servers of this JVM start from: programs, a way to run them, and an initialised cluster to copy. */
    private record Origin(PostgresBinary binary, Unprivileged way, Path data) {}

    private EmbeddedPostgres() {}

    static PostgresNode start(Map<String, String> settings) {
        return start(settings, node -> {});
    }

    /**
     * A standby begins with a copy of the same, orderly stopped, cluster as its primary; what the primary did since it
     * receives as a stream. So there is no need for a base backup, whose program the artifact does not have.
     */
    static PostgresNode startStandby(Map<String, String> settings, PostgresServer primary) {
        return start(settings, node -> node.follow(primary));
    }

    private static PostgresNode start(Map<String, String> settings, Consumer<PostgresNode> preparation) {
        Origin from = origin();
        for (int attempt = 1; ; attempt++) {
            int port = Ports.take();
            String name = "postgres-" + port;
            Path directory = ServerDirectory.create(name);
            Path data = directory.resolve("data");
            ServerDirectory.copy(from.data(), data);
            from.way().handOver(directory);
            ServerProcess process = process(from, name, directory, port, settings);
            try {
                SqlAddress address = new SqlAddress(SqlAddress.Kind.POSTGRESQL, HOST, port, DATABASE, USER, PASSWORD);
                PostgresNode node = new PostgresNode(new PostgresServer(address, process), data);
                preparation.accept(node);
                process.start();
                return node;
            } catch (RuntimeException e) {
                String output = process.output();
                process.close();
                if (!output.contains("could not bind") || attempt == PORT_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static ServerProcess process(
            Origin from, String name, Path directory, int port, Map<String, String> settings) {
        Path data = directory.resolve("data");
        Path pidFile = data.resolve("postmaster.pid");
        List<String> command = new ArrayList<>(List.of(from.binary().program("postgres"), "-D", data.toString()));
        Map<String, String> all = new LinkedHashMap<>(DEFAULTS);
        all.putAll(settings);
        all.put("listen_addresses", HOST);
        all.put("port", Integer.toString(port));
        all.put("unix_socket_directories", "");
        all.forEach((setting, value) -> command.addAll(List.of("-c", setting + "=" + value)));
        List<String> wrapped = from.way().command(command);
        return ServerProcess.builder(name)
                .directory(directory)
                .command(() -> {
                    // Left by a killed server. Its process id may belong to somebody else by now.
                    delete(pidFile);
                    return wrapped;
                })
                .startTimeout(START_TIMEOUT)
                .stop("INT", STOP_TIMEOUT)
                .readyWhen(() -> isReady(pidFile))
                .onClose(() -> Ports.release(port))
                .build();
    }

    /** The eighth line of the file is the state that the server itself reports. */
    private static boolean isReady(Path pidFile) throws IOException {
        List<String> lines = Files.readAllLines(pidFile);
        return lines.size() >= 8 && lines.get(7).strip().equals("ready");
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file, e);
        }
    }

    private static Origin origin() {
        LOCK.lock();
        try {
            Origin known = origin;
            if (known == null) {
                known = initialise(PostgresBinary.locate());
                origin = known;
            }
            return known;
        } finally {
            LOCK.unlock();
        }
    }

    private static Origin initialise(PostgresBinary found) {
        Path directory = ServerDirectory.create("postgres-initialised");
        Unprivileged way = Unprivileged.find(directory);
        PostgresBinary binary = way.reachable(found);
        Path data = directory.resolve("data");
        Path password = directory.resolve("password");
        try {
            Files.writeString(password, PASSWORD);
            way.handOver(directory);
            List<String> command = new ArrayList<>(List.of(
                    binary.program("initdb"),
                    "--pgdata=" + data,
                    "--username=" + USER,
                    "--pwfile=" + password,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--wal-segsize=4",
                    "--no-sync"));
            if (binary.version() >= 17) {
                // Upper and lower case beyond ASCII, the same on every machine.
                command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
            }
            Commands.output(way.command(command));
            return new Origin(binary, way, data);
        } catch (IOException e) {
            throw new ServerException("cannot initialise a PostgreSQL cluster in " + directory, e);
        }
    }
}
