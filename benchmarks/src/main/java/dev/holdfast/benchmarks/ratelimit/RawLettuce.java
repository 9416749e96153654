package dev.holdfast.benchmarks.ratelimit;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;

/** Raw Lettuce on one connection: a GET, or a minimal GCRA script. */
final class RawLettuce implements AutoCloseable {

    /** Whole microseconds, one limit, nothing but the answer: as small as a limiter's script may be. */
    private static final String GCRA = """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
            local due = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + interval
            if due - now > tolerance then return 0 end
            redis.call('SET', KEYS[1], due, 'PX', math.floor((due - now) / 1000) + 1)
            return 1
            """;

    private static final byte[] INTERVAL = ascii("1");
    private static final byte[] TOLERANCE = ascii("1000000000");

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final String digest;
    private final byte[][] values = new byte[Grant.SUBJECTS][];
    private final byte[][] states = new byte[Grant.SUBJECTS][];

    RawLettuce(String uri) {
        client = RedisClient.create(uri);
        connection = client.connect(ByteArrayCodec.INSTANCE);
        digest = connection.sync().scriptLoad(ascii(GCRA));
        for (int i = 0; i < Grant.SUBJECTS; i++) {
            values[i] = ascii("raw:get:{" + i + "}");
            states[i] = ascii("raw:gcra:{" + i + "}");
            var unused = connection.async().set(values[i], new byte[24]);
        }
        connection.sync().ping();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** One GET of 24 bytes. */
    boolean get(int subject) {
        return connection.sync().get(values[subject]).length == 24;
    }

    /** One EVALSHA. */
    boolean gcra(int subject) {
        Long granted = connection
                .sync()
                .evalsha(digest, ScriptOutputType.INTEGER, new byte[][] {states[subject]}, INTERVAL, TOLERANCE);
        return granted == 1;
    }

    RedisFuture<Long> gcraAsync(int subject) {
        return connection
                .async()
                .evalsha(digest, ScriptOutputType.INTEGER, new byte[][] {states[subject]}, INTERVAL, TOLERANCE);
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
