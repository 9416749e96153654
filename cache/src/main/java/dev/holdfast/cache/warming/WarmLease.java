package dev.holdfast.cache.warming;

import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;

/**
 * One node of the fleet at a time: a key with a random token that ends by itself, so that a dead warmer costs no more than
 * its lease. After a pass it stays for the quiet time, with {@code done} in the token's place.
 *
 * <p>With Redis disabled every node has it. For one thread.
 */
final class WarmLease {
    /** What asking led to. */
    enum Answer {
        GRANTED,
        /** Another node is warming, or died of it. */
        TAKEN,
        /** Another node has warmed a while ago. */
        DONE,
        REDIS_AWAY
    }

    /** KEYS: lease. ARGV: token, life in ms, whether a quiet time counts. */
    private static final RedisScript<Long> ACQUIRE = RedisScript.of("""
            local holder = redis.call('GET', KEYS[1])
            if holder == 'done' and ARGV[3] == '1' then return 2 end
            if holder and holder ~= 'done' then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """, ScriptOutputType.INTEGER);

    /** KEYS: lease. ARGV: token, new value, life in ms; 0 gives it back. */
    private static final RedisScript<Long> CHANGE = RedisScript.of("""
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            if ARGV[3] == '0' then return redis.call('DEL', KEYS[1]) end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """, ScriptOutputType.INTEGER);

    private final RedisLink link;
    private final byte[] key;
    private final byte[] token = bytes(UUID.randomUUID().toString());
    private final Duration life;
    private long renewedNanos;

    WarmLease(RedisLink link, String key, Duration life) {
        this.link = link;
        this.key = bytes(key);
        this.life = life;
    }

    /** Asks for it; a forced pass does not mind that another has just ended. */
    Answer acquire(boolean forced, long nowNanos) {
        if (disabled()) {
            return Answer.GRANTED;
        }
        try {
            renewedNanos = nowNanos;
            long reply = run(ACQUIRE, token, millis(life), bytes(forced ? "0" : "1"));
            return reply == 1 ? Answer.GRANTED : reply == 2 ? Answer.DONE : Answer.TAKEN;
        } catch (RedisException e) {
            return Answer.REDIS_AWAY;
        }
    }

    /** Prolongs it when a third of it has passed; false if it is or may be another's. */
    boolean keep(long nowNanos) {
        if (disabled() || nowNanos - renewedNanos < life.toNanos() / 3) {
            return true;
        }
        try {
            if (run(CHANGE, token, token, millis(life)) == 1) {
                renewedNanos = nowNanos;
                return true;
            }
            return false;
        } catch (RedisException e) {
            return nowNanos - renewedNanos < life.toNanos(); // Still ours by any clock; the next chunk tries again.
        }
    }

    /** Gives it back if the quiet time is zero, or leaves it as a sign that nobody needs to warm for a while. */
    void end(Duration quiet) {
        if (disabled()) {
            return;
        }
        try {
            run(CHANGE, token, bytes("done"), millis(quiet));
        } catch (RedisException e) {
            // It ends by itself.
        }
    }

    private boolean disabled() {
        return link.state() == LinkState.DISABLED;
    }

    private long run(RedisScript<Long> script, byte[]... args) {
        Long reply = link.call(link.commandTimeout(), commands -> script.run(commands, new byte[][] {key}, args));
        return reply == null ? 0 : reply;
    }

    private static byte[] millis(Duration duration) {
        return bytes(Long.toString(duration.toMillis()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
