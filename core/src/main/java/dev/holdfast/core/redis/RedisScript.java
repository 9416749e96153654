package dev.holdfast.core.redis;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.concurrent.CompletionStage;

/**
 * A Lua script that is sent by its hash and loaded where a server does not know it.
 *
 * <p>Immutable and thread-safe; make one per script and keep it. Needs Redis 6.2 or anything that speaks its EVALSHA. The
 * first key decides the node in a cluster, so all keys must share its slot.
 *
 * @param <T> what the script returns, as {@link ScriptOutputType} maps it
 */
public interface RedisScript<T> {
    /**
     * Makes a script.
     *
     * @param source the Lua source
     * @param output how its reply is mapped
     * @param <T> what it returns
     * @return the script, its SHA-1 computed here
     */
    static <T> RedisScript<T> of(String source, ScriptOutputType output) {
        return new HashedScript<>(source, output);
    }

    /**
     * Runs the script: EVALSHA, and once more as EVAL if the server answers NOSCRIPT, which means that it did not run.
     *
     * @param commands from the {@link RedisOperation} that it is part of
     * @param keys at least one; all of one slot
     * @param args arguments
     * @return its reply
     */
    CompletionStage<T> run(RedisClusterAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[]... args);

    /**
     * The SHA-1 by which servers know the script.
     *
     * @return 40 hexadecimal digits
     */
    String sha();
}
