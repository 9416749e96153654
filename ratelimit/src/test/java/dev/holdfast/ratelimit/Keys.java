package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.redis.RedisServer;

/** Looks at what stands in Redis. */
final class Keys {
    private Keys() {}

    /** Every key has a time to live. */
    static void assertAllEnd(RedisServer redis) {
        assertThat(redis.command("EVAL", """
                        local cursor, eternal = '0', {}
                        repeat
                          local page = redis.call('SCAN', cursor, 'COUNT', 1000)
                          cursor = page[1]
                          for _, key in ipairs(page[2]) do
                            if redis.call('PTTL', key) == -1 then eternal[#eternal + 1] = key end
                          end
                        until cursor == '0'
                        return table.concat(eternal, ' ')
                        """, "0").text())
                .as("keys without a time to live")
                .isEmpty();
    }

    /** How many scripts were run by their hash. */
    static long scriptCalls(RedisServer redis) {
        return redis.command("INFO", "commandstats")
                .text()
                .lines()
                .filter(line -> line.startsWith("cmdstat_evalsha:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("cmdstat_evalsha:calls=(\\d+),.*", "$1")))
                .sum();
    }
}
