package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Ports;
import dev.holdfast.testkit.process.ServerDirectory;
import dev.holdfast.testkit.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts Redis, or Sentinel, as a child process. */
final class EmbeddedRedis {

    static final String HOST = "127.0.0.1";

    private static final int PORT_ATTEMPTS = 3;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

    private EmbeddedRedis() {}

    static RedisServer start(String role, RedisSettings settings) {
        return start(role, settings, List.of());
    }

    static RedisServer startSentinel(RedisSettings settings) {
        return start("sentinel", settings, List.of("--sentinel"));
    }

    private static RedisServer start(String role, RedisSettings settings, List<String> arguments) {
        Path binary = RedisBinary.locate();
        for (int attempt = 1; ; attempt++) {
            int port = Ports.take();
            RedisServer server = prepare(binary, role, port, settings, arguments);
            try {
                server.start();
                return server;
            } catch (RuntimeException e) {
                String output = server.output();
                server.close();
                if (!output.contains("Address already in use") || attempt == PORT_ATTEMPTS) {
                    throw explained(e, output);
                }
            }
        }
    }

    private static RedisServer prepare(
            Path binary, String role, int port, RedisSettings settings, List<String> arguments) {
        String name = role + "-" + port;
        Path directory = ServerDirectory.create(name);
        Path file = directory.resolve("redis.conf");
        try {
            // Once and not at every start: Sentinel and replicas write what they learn into it.
            Files.writeString(
                    file,
                    settings.render(
                            HOST, port, directory.toString(), settings.tls == null ? null : settings.tls.files()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        List<String> command = new ArrayList<>(List.of(binary.toString(), file.toString()));
        command.addAll(arguments);
        ServerProcess process = ServerProcess.builder(name)
                .directory(directory)
                .command(command)
                .startTimeout(START_TIMEOUT)
                .readyWhen(started -> answers(started, port, settings))
                .onClose(() -> Ports.release(port))
                .build();
        return new RedisServer(RedisAddress.of(HOST, port, settings), settings, process, new InDirectory(directory));
    }

    private record InDirectory(Path directory) implements Snapshots {

        @Override
        public void forget() {
            try {
                Files.deleteIfExists(directory.resolve("dump.rdb"));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot delete the snapshot in " + directory, e);
            }
        }

        @Override
        public void keep() {
            // Nobody deletes it unasked.
        }
    }

    /** A server that loads its data answers LOADING, which is thrown here and means "not yet". */
    private static boolean answers(ServerProcess server, int port, RedisSettings settings) {
        try (RespClient client = RedisAddress.of(HOST, port, settings).connect(PROBE_TIMEOUT)) {
            return "PONG".equals(client.call("PING").text()) && isOf(server, client);
        }
    }

    /** Somebody else's Redis on this port would answer just as well, until a test empties it. */
    private static boolean isOf(ServerProcess server, RespClient client) {
        String info;
        try {
            info = String.valueOf(client.call("INFO", "server").text());
        } catch (RedisReplyException e) {
            // The settings keep the default user from asking.
            return true;
        }
        return info.lines()
                .filter(line -> line.startsWith("process_id:"))
                .map(line ->
                        Long.parseLong(line.substring("process_id:".length()).strip()))
                .anyMatch(server::owns);
    }

    private static RuntimeException explained(RuntimeException failure, String output) {
        boolean noTls = output.contains("'tls-port") || output.contains("'port \"0\"'");
        return output.contains("FATAL CONFIG FILE ERROR") && noTls
                ? new ServerException(
                        "the Redis binary " + RedisBinary.locate() + " was built without TLS; name another one by -D"
                                + RedisBinary.PROPERTY,
                        failure)
                : failure;
    }
}
