package dev.holdfast.benchmarks;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RespClient;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Counts the commands that clients send to a Redis server; those that scripts execute are not among them, which {@link
 * CommandCounts} cannot tell apart.
 *
 * <p>Slows the server down while it is open, so nothing is to be timed then. Used by one thread.
 */
public final class SentCommands implements AutoCloseable {

    /** {@code 1339518083.107412 [0 127.0.0.1:60866] "keys" "*"}; inside a script {@code [0 lua]}. */
    private static final Pattern OF_SCRIPT = Pattern.compile("^[0-9.]+ \\[[0-9]+ lua\\] .*");

    private final RedisServer server;
    private final RespClient monitor;

    /** From now on. */
    public SentCommands(RedisServer server) {
        this.server = server;
        monitor = server.client();
        monitor.call("MONITOR");
    }

    /** How many were sent since the last call or the beginning. */
    public long take() {
        String mark = "mark-" + UUID.randomUUID();
        server.command("ECHO", mark);
        long count = 0;
        while (true) {
            String line = String.valueOf(monitor.receive().text());
            if (line.contains(mark)) {
                return count;
            }
            if (!OF_SCRIPT.matcher(line).matches()) {
                count++;
            }
        }
    }

    @Override
    public void close() {
        monitor.close();
    }
}
