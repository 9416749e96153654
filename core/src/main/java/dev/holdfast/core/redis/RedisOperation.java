package dev.holdfast.core.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.concurrent.CompletionStage;

/**
 * One unit of work against Redis: one command, several in a pipeline, or several that depend on each other.
 *
 * <p>It runs on the caller's thread, under no lock, and must not block. Its deadline covers the whole stage, however many
 * commands that takes. To one server, all commands of one operation go through the same connection: if that is replaced
 * meanwhile, those not yet answered fail, and later ones are refused. In a cluster each goes to the primary of its key at
 * that moment; compare {@link RedisLink#generation()} where it matters. All operations share the connection and answers
 * come in order, so no command may block on the server (BLPOP, WAIT, XREAD with BLOCK, scripts that take seconds): others
 * would wait behind it, and the link would take the silence for a frozen server. Commands that address all nodes of a cluster
 * (FLUSHALL, KEYS, SCAN, SCRIPT LOAD …) are not supported there, but on each of its {@link RedisLink#primaries()}. A step that begins after the deadline is still sent,
 * unless the stage was made by one command or one script.
 *
 * @param <T> what it yields; may be null, as GET of a missing key is
 */
@FunctionalInterface
public interface RedisOperation<T> {
    /**
     * Sends the commands.
     *
     * @param commands Lettuce's asynchronous commands, the same interface for standalone, Sentinel and Cluster
     * @return completes when the work is done
     */
    CompletionStage<T> send(RedisClusterAsyncCommands<byte[], byte[]> commands);
}
