package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisMode;
import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The tier in Redis: values, leases, and the fenced writes between them.
 *
 * <p>Knows names and scripts, but neither barriers nor freshness. Every method is one operation of the link with one
 * deadline. Thread-safe.
 */
final class Tier2 {
    private static final String NEWER_IS_HERE = """
            local head = redis.call('GETRANGE', KEYS[1], 0, 13)
            if #head == 14 and string.sub(head, 1, 3) == 'HF\\1' then
              local born = 0
              for i = 7, 14 do born = born * 256 + string.byte(head, i) end
              if born > tonumber(ARGV[4]) then return 0 end
            end
            """;

    /** KEYS: value, lease. ARGV: token, envelope, life in ms, born. Returns 1 if the value was stored. */
    private static final RedisScript<Long> FILL = RedisScript.of("""
            if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
            redis.call('DEL', KEYS[2])
            """ + NEWER_IS_HERE + """
                    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
                    return 1
                    """, ScriptOutputType.INTEGER);

    /** KEYS: lease. ARGV: token. Gives a lease back that is not going to be used. */
    private static final RedisScript<Long> RELEASE = RedisScript.of(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
            ScriptOutputType.INTEGER);

    /** One value to be stored under a lease. */
    @SuppressWarnings("ArrayRecordComponent") // Nobody compares fills.
    record Fill(String key, byte[] token, Envelope envelope, long millisToLive) {
        /** The same value under another stamp. */
        Fill born(long stamp) {
            return new Fill(key, token, envelope.born(stamp), millisToLive);
        }
    }

    /** Most keys of one MGET, which Redis executes as a whole while others wait. */
    static final int KEYS_PER_MGET = 500;

    private final RedisLink link;
    private final KeyLayout layout;
    private final ControlLog log;
    private final Duration deadline;
    private final long leaseMillis;

    Tier2(RedisLink link, KeyLayout layout, ControlLog log, Duration deadline, Duration lease) {
        this.link = link;
        this.layout = layout;
        this.log = log;
        this.deadline = deadline;
        this.leaseMillis = lease.toMillis();
    }

    byte @Nullable [] get(String key, Duration deadline) {
        byte[] name = layout.value(key);
        return link.call(deadline, commands -> commands.get(name));
    }

    CompletableFuture<byte @Nullable []> getAsync(String key, Duration deadline) {
        byte[] name = layout.value(key);
        return link.callAsync(deadline, commands -> commands.get(name));
    }

    /**
     * Reads many values: an answer for each key in turn. One MGET per {@value #KEYS_PER_MGET} keys (in a cluster also one
     * per slot), those of a wave in one pipeline.
     */
    List<KeyValue<byte[], byte[]>> getAll(List<String> keys, Duration deadline) {
        return present(link.call(deadline, commands -> getAll(commands, keys)));
    }

    CompletableFuture<List<KeyValue<byte[], byte[]>>> getAllAsync(List<String> keys, Duration deadline) {
        return link.callAsync(deadline, commands -> getAll(commands, keys));
    }

    private CompletionStage<List<KeyValue<byte[], byte[]>>> getAll(
            RedisClusterAsyncCommands<byte[], byte[]> commands, List<String> keys) {
        return keys.size() <= KEYS_PER_MGET
                ? commands.mget(values(keys))
                : Waves.send(keys, some -> getWave(commands, some));
    }

    private CompletionStage<List<KeyValue<byte[], byte[]>>> getWave(
            RedisClusterAsyncCommands<byte[], byte[]> commands, List<String> keys) {
        List<CompletableFuture<List<KeyValue<byte[], byte[]>>>> replies = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += KEYS_PER_MGET) {
            int to = Math.min(keys.size(), from + KEYS_PER_MGET);
            replies.add(commands.mget(values(keys.subList(from, to))).toCompletableFuture());
        }
        return all(replies)
                .thenApply(done ->
                        replies.stream().flatMap(reply -> reply.join().stream()).toList());
    }

    private byte[][] values(List<String> keys) {
        byte[][] names = new byte[keys.size()][];
        for (int i = 0; i < names.length; i++) {
            names[i] = layout.value(keys.get(i));
        }
        return names;
    }

    /** Asks for the right to fill a key; null if another node has it. */
    byte @Nullable [] lease(String key, Duration deadline) {
        byte[] token = newToken();
        try {
            String reply = link.call(deadline, commands -> askLease(commands, key, token));
            return reply == null ? null : token;
        } catch (RedisException e) {
            takeBack(Map.of(key, token), e);
            throw e;
        }
    }

    /** A lease that is granted after its deadline is nobody's, and would have the other nodes wait until it ends. */
    private void takeBack(Map<String, byte[]> tokens, @Nullable Throwable failure) {
        if (failure instanceof RedisException e && e.possiblyExecuted()) {
            release(tokens); // If that fails too, they end by themselves.
        }
    }

    /**
     * Asks for a lease and for a value, in this order: a fill gives its lease back as it stores, so whoever is granted the
     * lease that another had sees what it stored.
     */
    Claim claim(String key, Duration deadline) {
        byte[] token = newToken();
        try {
            return present(link.call(deadline, commands -> claim(commands, key, token)));
        } catch (RedisException e) {
            takeBack(Map.of(key, token), e);
            throw e;
        }
    }

    CompletableFuture<Claim> claimAsync(String key, Duration deadline) {
        byte[] token = newToken();
        return link.callAsync(deadline, commands -> claim(commands, key, token))
                .whenComplete((claim, failure) -> takeBack(Map.of(key, token), failure));
    }

    private CompletionStage<Claim> claim(RedisClusterAsyncCommands<byte[], byte[]> commands, String key, byte[] token) {
        return askLease(commands, key, token)
                .thenCombine(
                        commands.get(layout.value(key)),
                        (reply, bytes) -> new Claim(bytes, reply == null ? null : token));
    }

    /** The same for many keys, in one pipeline; an answer for each in turn. */
    List<Claim> claimAll(List<String> keys, Duration deadline) {
        Map<String, byte[]> tokens = newTokens(keys);
        try {
            return present(link.call(
                    deadline,
                    commands -> Waves.send(keys, some -> {
                        List<CompletableFuture<Claim>> replies = new ArrayList<>(some.size());
                        for (String key : some) {
                            replies.add(claim(commands, key, present(tokens.get(key)))
                                    .toCompletableFuture());
                        }
                        return all(replies)
                                .thenApply(done -> replies.stream()
                                        .map(CompletableFuture::join)
                                        .toList());
                    })));
        } catch (RedisException e) {
            takeBack(tokens, e);
            throw e;
        }
    }

    /** Asks for a lease without waiting; null if another node has it. */
    CompletableFuture<byte @Nullable []> leaseAsync(String key, Duration deadline) {
        byte[] token = newToken();
        return link.callAsync(
                        deadline,
                        commands -> askLease(commands, key, token).thenApply(reply -> reply == null ? null : token))
                .whenComplete((granted, failure) -> takeBack(Map.of(key, token), failure));
    }

    /** Asks for many leases in one pipeline; keys that another node is loading are absent from the result. */
    Map<String, byte[]> leaseAll(List<String> keys, Duration deadline) {
        Map<String, byte[]> tokens = newTokens(keys);
        try {
            List<Boolean> granted = present(link.call(
                    deadline, commands -> Waves.send(keys, some -> askLeases(commands, some, tokens))));
            Map<String, byte[]> leases = new HashMap<>(tokens);
            for (int i = 0; i < keys.size(); i++) {
                if (!granted.get(i)) {
                    leases.remove(keys.get(i));
                }
            }
            return leases;
        } catch (RedisException e) {
            takeBack(tokens, e);
            throw e;
        }
    }

    private CompletionStage<List<Boolean>> askLeases(
            RedisClusterAsyncCommands<byte[], byte[]> commands, List<String> keys, Map<String, byte[]> tokens) {
        List<CompletableFuture<Boolean>> replies = new ArrayList<>(keys.size());
        for (String key : keys) {
            replies.add(askLease(commands, key, present(tokens.get(key)))
                    .thenApply(reply -> reply != null)
                    .toCompletableFuture());
        }
        return all(replies)
                .thenApply(done -> replies.stream().map(CompletableFuture::join).toList());
    }

    private CompletionStage<@Nullable String> askLease(
            RedisClusterAsyncCommands<byte[], byte[]> commands, String key, byte[] token) {
        return commands.set(layout.lease(key), token, SetArgs.Builder.nx().px(leaseMillis));
    }

    /** Stores values under their leases in one pipeline, also as the second half of a put; for each, whether it was stored. */
    CompletableFuture<List<Boolean>> fill(List<Fill> fills, Duration within) {
        return link.callAsync(within, commands -> Waves.send(fills, some -> fill(commands, some)));
    }

    private CompletionStage<List<Boolean>> fill(RedisClusterAsyncCommands<byte[], byte[]> commands, List<Fill> fills) {
        List<CompletableFuture<Boolean>> replies = new ArrayList<>(fills.size());
        for (Fill fill : fills) {
            replies.add(FILL.run(
                            commands,
                            new byte[][] {layout.value(fill.key()), layout.lease(fill.key())},
                            fill.token(),
                            fill.envelope().toBytes(),
                            ascii(fill.millisToLive()),
                            ascii(fill.envelope().born()))
                    .thenApply(stored -> stored == 1)
                    .toCompletableFuture());
        }
        return all(replies)
                .thenApply(done -> replies.stream().map(CompletableFuture::join).toList());
    }

    /** Gives leases back whose load brought nothing to store. */
    CompletableFuture<?> release(Map<String, byte[]> tokens) {
        return link.callAsync(
                deadline, commands -> Waves.send(List.copyOf(tokens.entrySet()), some -> release(commands, some)));
    }

    private CompletionStage<List<Long>> release(
            RedisClusterAsyncCommands<byte[], byte[]> commands, List<Map.Entry<String, byte[]>> tokens) {
        List<CompletableFuture<Long>> replies = new ArrayList<>(tokens.size());
        for (Map.Entry<String, byte[]> token : tokens) {
            replies.add(RELEASE.run(commands, new byte[][] {layout.lease(token.getKey())}, token.getValue())
                    .toCompletableFuture());
        }
        return all(replies)
                .thenApply(done -> replies.stream().map(CompletableFuture::join).toList());
    }

    /** Deletes values and leases, pipelined: first half of an invalidation of keys. */
    void delete(List<String> keys, Duration within) {
        if (!keys.isEmpty()) {
            link.call(within, commands -> delete(commands, keys));
        }
    }

    CompletableFuture<?> deleteAsync(List<String> keys) {
        return keys.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : link.callAsync(deadline, commands -> delete(commands, keys));
    }

    private CompletableFuture<Void> delete(RedisClusterAsyncCommands<byte[], byte[]> commands, List<String> keys) {
        List<CompletableFuture<Long>> replies = new ArrayList<>(keys.size());
        for (String key : keys) {
            replies.add(commands.unlink(layout.value(key), layout.lease(key)).toCompletableFuture());
        }
        return all(replies);
    }

    /** Mints a stamp for barriers or a floor: second half of an invalidation. */
    ControlLog.Minted mint(long applied, boolean clear, List<Member> members, Duration within) {
        return present(link.call(within, commands -> log.mint(commands, applied, clear, members)));
    }

    CompletableFuture<ControlLog.Minted> mintAsync(long applied, boolean clear, List<Member> members) {
        return link.callAsync(deadline, commands -> log.mint(commands, applied, clear, members));
    }

    /** Both halves in one pipeline, for one connection only. If the deletion fails, so does this, announced or not. */
    CompletableFuture<ControlLog.Minted> deleteAndMintAsync(List<String> keys, long applied, List<Member> members) {
        return link.callAsync(
                deadline,
                commands -> delete(commands, keys)
                        .thenCombine(log.mint(commands, applied, false, members), (done, minted) -> minted));
    }

    /**
     * First half of a put: takes the leases away from whoever is loading, then mints.
     *
     * <p>The lease must be ours before the stamp exists, or an invalidation between the two would miss it. One connection
     * keeps the order of a pipeline; across the nodes of a cluster only waiting does.
     */
    CompletableFuture<ControlLog.Minted> stampPuts(Map<String, byte[]> tokens, long applied, List<Member> members) {
        return link.callAsync(deadline, commands -> {
            List<CompletableFuture<String>> leases = new ArrayList<>();
            tokens.forEach(
                    (key, token) -> leases.add(commands.set(layout.lease(key), token, SetArgs.Builder.px(leaseMillis))
                            .toCompletableFuture()));
            CompletableFuture<?> leased = all(leases);
            if (link.mode() == RedisMode.CLUSTER) {
                return leased.thenCompose(done -> log.mint(commands, applied, false, members));
            }
            return leased.thenCombine(log.mint(commands, applied, false, members), (done, minted) -> minted);
        });
    }

    ControlLog.Read readLog(String epoch, long applied) {
        return present(link.call(patience(), commands -> log.read(commands, epoch, applied)));
    }

    Duration deadline() {
        return deadline;
    }

    /** How long the background waits: a log or a journal may be long, and no caller stands behind it. */
    Duration patience() {
        Duration whole = link.commandTimeout();
        return whole.compareTo(deadline) > 0 ? whole : deadline;
    }

    private static Map<String, byte[]> newTokens(Collection<String> keys) {
        Map<String, byte[]> tokens = new LinkedHashMap<>();
        keys.forEach(key -> tokens.put(key, newToken()));
        return tokens;
    }

    static byte[] newToken() {
        return UUID.randomUUID().toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static <T> T present(@Nullable T reply) {
        if (reply == null) {
            throw new IllegalStateException("Redis answered nil where it never does");
        }
        return reply;
    }

    private static byte[] ascii(long number) {
        return Long.toString(number).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static CompletableFuture<Void> all(Collection<? extends CompletableFuture<?>> replies) {
        return CompletableFuture.allOf(replies.toArray(new CompletableFuture<?>[0]));
    }
}
