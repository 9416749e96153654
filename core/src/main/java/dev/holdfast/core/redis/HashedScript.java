package dev.holdfast.core.redis;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.concurrent.CompletionStage;

final class HashedScript<T> implements RedisScript<T> {
    HashedScript(String source, ScriptOutputType output) {}

    @Override
    public CompletionStage<T> run(RedisClusterAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[]... args) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String sha() {
        return "";
    }
}
