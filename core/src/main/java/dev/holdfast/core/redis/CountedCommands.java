package dev.holdfast.core.redis;

import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;

/**
 * Commands of one connection that are counted, so that an operation of one command can be told from one of several: of
 * these an earlier one may have been sent although the last was refused.
 */
final class CountedCommands extends RedisAsyncCommandsImpl<byte[], byte[]> {
    /** How many commands each thread handed over; an operation looks at the difference only. */
    private static final ThreadLocal<int[]> HANDED_OVER = ThreadLocal.withInitial(() -> new int[1]);

    CountedCommands(StatefulRedisConnection<byte[], byte[]> connection) {
        super(connection, ByteArrayCodec.INSTANCE);
    }

    @Override
    public <T> AsyncCommand<byte[], byte[], T> dispatch(RedisCommand<byte[], byte[], T> command) {
        count();
        return super.dispatch(command);
    }

    /** One more command was handed over by this thread. */
    static void count() {
        HANDED_OVER.get()[0]++;
    }

    /** How many commands this thread handed over so far; wraps around. */
    static int handedOver() {
        return HANDED_OVER.get()[0];
    }
}
