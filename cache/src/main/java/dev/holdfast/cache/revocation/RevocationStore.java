package dev.holdfast.cache.revocation;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The truth in Redis: a sorted set per bucket, of fingerprints scored with milliseconds.
 *
 * <p>A score only grows. Each write drops what nothing can depend on any more by Redis's clock, and lets the set end with
 * the last of its members. Every method is one operation of the link with one deadline. Thread-safe.
 */
final class RevocationStore {
    /** For nodes whose clock is behind Redis's: they take a token for valid longer than it is. */
    static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    /** KEYS: bucket. ARGV: how long a member matters beyond its score in ms, then score, member, score, member … */
    private static final RedisScript<Long> ADD = RedisScript.of("""
            local keep = tonumber(ARGV[1])
            for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1]) end
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - keep))
            local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
            if last then
              local life = tonumber(last) + keep - now
              if life > redis.call('PTTL', KEYS[1]) then
                redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life))
              end
            end
            return 1
            """, ScriptOutputType.INTEGER);

    private final RedisLink link;
    private final String prefix;
    private final long keepTokenMillis;
    private final long keepSubjectMillis;

    RevocationStore(RedisLink link, String keyPrefix, String name, Duration maximumTokenLife) {
        this.link = link;
        this.prefix = keyPrefix + ':' + name + ":revoked:{";
        this.keepTokenMillis = CLOCK_SKEW.toMillis();
        this.keepSubjectMillis = CLOCK_SKEW.plus(maximumTokenLife).toMillis();
    }

    RevokedSet read(String bucket) {
        List<ScoredValue<byte[]>> members =
                link.call(link.commandTimeout(), commands -> commands.zrangeWithScores(key(bucket), 0, -1));
        return members == null ? RevokedSet.EMPTY : RevokedSet.of(members);
    }

    /** Reads many buckets in one pipeline. */
    Map<String, RevokedSet> readAll(Set<String> buckets) {
        Map<String, RevokedSet> found = new LinkedHashMap<>();
        link.call(link.commandTimeout(), commands -> {
            Map<String, CompletableFuture<List<ScoredValue<byte[]>>>> replies = new LinkedHashMap<>();
            for (String bucket : buckets) {
                replies.put(
                        bucket, commands.zrangeWithScores(key(bucket), 0, -1).toCompletableFuture());
            }
            return all(replies.values()).thenApply(done -> {
                replies.forEach((bucket, reply) -> found.put(bucket, RevokedSet.of(reply.join())));
                return found;
            });
        });
        return found;
    }

    /** Adds revocations in one pipeline; adding one again changes nothing. */
    void add(Collection<Revocation> revocations) {
        Map<String, List<Revocation>> byBucket = new LinkedHashMap<>();
        for (Revocation revocation : revocations) {
            byBucket.computeIfAbsent(revocation.fingerprint().bucket(), bucket -> new ArrayList<>())
                    .add(revocation);
        }
        link.call(link.commandTimeout(), commands -> {
            List<CompletableFuture<Long>> replies = new ArrayList<>();
            byBucket.forEach((bucket, members) -> replies.add(add(commands, bucket, members)));
            return all(replies);
        });
    }

    private CompletableFuture<Long> add(
            RedisClusterAsyncCommands<byte[], byte[]> commands, String bucket, List<Revocation> members) {
        byte[][] args = new byte[1 + 2 * members.size()][];
        boolean subjects = members.get(0).fingerprint().subject();
        args[0] = ascii(Long.toString(subjects ? keepSubjectMillis : keepTokenMillis));
        for (int i = 0; i < members.size(); i++) {
            args[1 + 2 * i] = ascii(Long.toString(members.get(i).millis()));
            args[2 + 2 * i] = members.get(i).fingerprint().bytes();
        }
        return ADD.run(commands, new byte[][] {key(bucket)}, args).toCompletableFuture();
    }

    private static CompletableFuture<@Nullable Void> all(Collection<? extends CompletableFuture<?>> replies) {
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new));
    }

    private byte[] key(String bucket) {
        return ascii(prefix + bucket + '}');
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
