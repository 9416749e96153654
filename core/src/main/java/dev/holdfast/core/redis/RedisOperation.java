package dev.holdfast.core.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.concurrent.CompletionStage;

/**
 * One unit of work against Redis: one command, several in a pipeline, or several that depend on each other.
 *
 * <p>It runs on the caller's thread, under no lock, and must not block. Its deadline covers the whole stage, however many
 * commands that takes. All commands of one operation go through the same link generation: if the connection is replaced
 * meanwhile, those not yet answered fail and are never sent again.
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
