package dev.holdfast.ratelimit;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;

/**
 * Who else is there: each node leaves a heartbeat in a ZSET, and counts those of others.
 *
 * <p>What counts is the most nodes of the last minutes, by heartbeats that were answered. So nodes that lose Redis one
 * after the other all count each other, and while Redis is away the number stays. Beats come from one thread; {@link
 * #nodes()} is one volatile read.
 */
final class Fleet {
    /** A node counts until it has left out so many beats. */
    private static final int MISSED = 5;

    private static final int MINUTES = 5;

    /** KEYS: the ZSET. ARGV: node, ms for which a beat counts. Returns how many nodes there are. */
    private static final RedisScript<Long> BEAT = RedisScript.of("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
            redis.call('ZADD', KEYS[1], now, ARGV[1])
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return redis.call('ZCARD', KEYS[1])
            """, ScriptOutputType.INTEGER);

    private final RedisLink link;
    private final byte[] key;
    private final byte[] node = ascii(UUID.randomUUID().toString().substring(0, 18));
    private final byte[] life;

    /** The most nodes of each of the last minutes, and which minute the first is; of the beating thread. */
    private final int[] most = new int[MINUTES];

    private long minute;
    private volatile int nodes = 1;

    Fleet(RedisLink link, String keyPrefix, String limiter, Duration interval) {
        this.link = link;
        this.key = ascii(keyPrefix + ":rl:{" + limiter + "}:nodes");
        this.life = ascii(String.valueOf(interval.toMillis() * MISSED));
    }

    /** Leaves a heartbeat and counts; throws what the link throws. */
    void beat(Duration timeout, long nowMicros) {
        Long count = link.call(timeout, commands -> BEAT.run(commands, new byte[][] {key}, node, life));
        long thisMinute = nowMicros / 60_000_000;
        if (thisMinute != minute) {
            int passed = (int) Math.min(MINUTES, thisMinute - minute);
            System.arraycopy(most, 0, most, passed, MINUTES - passed);
            java.util.Arrays.fill(most, 0, passed, 0);
            minute = thisMinute;
        }
        most[0] = Math.max(most[0], count == null ? 1 : (int) Math.min(Fallback.Share.MOST_NODES, count));
        int largest = 1;
        for (int m : most) {
            largest = Math.max(largest, m);
        }
        nodes = largest;
    }

    /** Takes this node off the list, if Redis is there. */
    void leave(Duration timeout) {
        var unused =
                link.callAsync(timeout, commands -> commands.zrem(key, node)).exceptionally(failure -> 0L);
    }

    /** How many nodes there were at most in the last minutes. */
    int nodes() {
        return nodes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
