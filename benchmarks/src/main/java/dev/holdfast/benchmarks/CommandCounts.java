package dev.holdfast.benchmarks;

import dev.holdfast.testkit.redis.RedisServer;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often a Redis server executed each command, by {@code INFO commandstats}; commands inside scripts count too.
 *
 * @param calls executions by lower-case command name; sub-commands as Redis writes them, {@code config|get}
 */
public record CommandCounts(SortedMap<String, Long> calls) {

    /** Asks a server; the question itself is not counted. */
    public static CommandCounts of(RedisServer server) {
        return parse(String.valueOf(server.command("INFO", "commandstats").text()));
    }

    /** Reads the answer to {@code INFO commandstats}. */
    public static CommandCounts parse(String info) {
        SortedMap<String, Long> calls = new TreeMap<>();
        for (String line : info.split("\r?\n", -1)) {
            if (line.startsWith("cmdstat_")) {
                int colon = line.indexOf(":calls=");
                int comma = line.indexOf(',', colon);
                if (colon < 0 || comma < 0) {
                    throw new IllegalArgumentException("not a line of commandstats: " + line);
                }
                String command = line.substring("cmdstat_".length(), colon).toLowerCase(Locale.ROOT);
                calls.put(command, Long.parseLong(line.substring(colon + ":calls=".length(), comma)));
            }
        }
        return new CommandCounts(calls);
    }

    /** What came to this since an earlier look, without the {@code INFO} of looking. */
    public CommandCounts since(CommandCounts earlier) {
        SortedMap<String, Long> grown = new TreeMap<>();
        for (Map.Entry<String, Long> entry : calls.entrySet()) {
            long more = entry.getValue() - earlier.calls.getOrDefault(entry.getKey(), 0L);
            if (more != 0 && !entry.getKey().equals("info")) {
                grown.put(entry.getKey(), more);
            }
        }
        return new CommandCounts(grown);
    }

    /** All commands together. */
    public long total() {
        return calls.values().stream().mapToLong(Long::longValue).sum();
    }
}
