package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.tls.TestAuthority;
import dev.holdfast.testkit.tls.TestCertificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What Sentinel groups and clusters have in common: several servers with the same secrets, started and ended together. */
final class RedisGroup implements AutoCloseable {

    private final List<RedisServer> servers = new ArrayList<>();

    /** Starts one more server; if that fails, all of them end. */
    RedisServer add(Supplier<RedisServer> start) {
        try {
            RedisServer server = start.get().started();
            servers.add(server);
            return server;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    static void requireEmbedded(String what) {
        ServerSource source = ServerSource.current();
        if (source != ServerSource.EMBEDDED) {
            throw new UnsupportedServerException(
                    what + " needs " + ServerSource.PROPERTY + "=" + ServerSource.EMBEDDED + ", not " + source);
        }
    }

    /** The output of all, for messages. */
    String output() {
        StringBuilder text = new StringBuilder();
        for (RedisServer server : servers) {
            text.append("\n--- ")
                    .append(server)
                    .append(server.isRunning() ? "" : " (not running)")
                    .append('\n');
            List<String> lines = server.output().lines().toList();
            lines.subList(Math.max(0, lines.size() - 15), lines.size())
                    .forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }

    /** Resumes and starts whatever a test has paused, stopped or killed. */
    void bringBack() {
        for (RedisServer server : servers) {
            server.resume();
            server.start();
        }
    }

    /** Empties the primaries and restores the configuration of all. */
    void reset(List<RedisServer> nodes, List<RedisServer> primaries) {
        for (RedisServer node : nodes) {
            try (RespClient client = node.client()) {
                if (primaries.contains(node)) {
                    client.call("FLUSHALL");
                }
                node.restoreSettings(client);
            }
        }
    }

    @Override
    public void close() {
        ServerException failure = null;
        for (RedisServer server : servers) {
            try {
                server.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = new ServerException("cannot close " + server, e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** A server that can be asked: it runs and is not frozen. */
    static boolean isAwake(RedisServer server) {
        return server.isRunning() && !server.isPaused();
    }

    /** The settings that builders of groups share. */
    static final class Secrets {

        @Nullable
        String password;

        RedisSettings.@Nullable Tls tls;
        final List<List<String>> directives = new ArrayList<>();

        void useTls() {
            TestAuthority authority = TestAuthority.create();
            TestCertificate certificate = authority.issue("localhost", "127.0.0.1");
            tls = new RedisSettings.Tls(authority, certificate);
        }

        /** The settings of a data node, with lines of its own. */
        RedisSettings node(List<List<String>> lines) {
            List<List<String>> all = new ArrayList<>(lines);
            if (password != null) {
                all.add(List.of("masterauth", password));
            }
            if (tls != null) {
                all.add(List.of("tls-replication", "yes"));
            }
            all.addAll(directives);
            return new RedisSettings(password, List.of(), tls, false, all);
        }
    }

    /** Asks those who can be asked, with little patience; whoever does not answer has no vote. */
    static <T> List<T> ask(List<RedisServer> servers, Function<RespClient, T> question) {
        List<T> answers = new ArrayList<>();
        for (RedisServer server : servers) {
            if (isAwake(server)) {
                try (RespClient client = server.client(Duration.ofSeconds(1))) {
                    answers.add(question.apply(client));
                } catch (ServerException e) {
                    // It may be starting, or be cut off by the test; the others know as much.
                }
            }
        }
        return answers;
    }
}
