package dev.holdfast.core.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** EVALSHA, then EVAL where the server answers NOSCRIPT; EVAL loads the script by the way. */
final class HashedScript<T> implements RedisScript<T> {
    private final byte[] source;
    private final ScriptOutputType output;
    private final String sha;

    HashedScript(String source, ScriptOutputType output) {
        this.source = source.getBytes(StandardCharsets.UTF_8);
        this.output = output;
        this.sha = sha1(this.source);
    }

    @Override
    public CompletionStage<T> run(RedisClusterAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[]... args) {
        if (keys.length == 0) {
            throw new IllegalArgumentException("a script needs at least one key: it decides the node in a cluster");
        }
        CompletionStage<T> byHash = commands.evalsha(sha, output, keys, args);
        // Not exceptionallyCompose: a success then costs one dependent stage and no second future.
        ScriptReply<T> result = new ScriptReply<>();
        byHash.whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else if (isUnknownScript(failure)) {
                bySource(commands, keys, args, result);
            } else {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    @Override
    public String sha() {
        return sha;
    }

    @Override
    public String toString() {
        return "RedisScript[" + sha + "]";
    }

    private void bySource(
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            byte[][] keys,
            byte[][] args,
            CompletableFuture<T> result) {
        if (result.isDone()) {
            // The operation reached its deadline meanwhile: nothing may be sent for it any more.
            return;
        }
        try {
            commands.<T>eval(source, output, keys, args).whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    private static boolean isUnknownScript(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof RedisNoScriptException;
    }

    private static String sha1(byte[] source) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
