package dev.holdfast.ratelimit;

import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/** {@code check.lua}: what it is sent and what it answers. */
final class CheckScript {
    static final byte TAKE = 0;
    static final byte RESERVE = 1;
    static final byte REFUND = 2;
    static final byte FORCE = 3;

    private static final RedisScript<byte[]> SCRIPT = RedisScript.of(source(), ScriptOutputType.VALUE);
    private static final byte[] TAKE_ONE = header(TAKE, 1, 1, 0);

    private CheckScript() {}

    static String source() {
        try (InputStream in = CheckScript.class.getResourceAsStream("check.lua")) {
            return new String(Objects.requireNonNull(in, "check.lua").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first argument. The array for one permit is shared, since most checks are of that kind. */
    static byte[] head(byte op, long cost, long count, long patience) {
        return op == TAKE && cost == 1 && count == 1 ? TAKE_ONE : header(op, cost, count, patience);
    }

    private static byte[] header(byte op, long cost, long count, long patience) {
        ByteBuffer out = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
        out.put(op);
        Algorithm.put7(out, cost);
        Algorithm.put7(out, count);
        Algorithm.put7(out, patience);
        return out.array();
    }

    static CompletionStage<byte[]> run(
            RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key, byte[] head, byte[] limits) {
        return SCRIPT.run(commands, new byte[][] {key}, head, limits);
    }

    /** For several keys, each with its limits, or for one key with an argument more. */
    static CompletionStage<byte[]> run(
            RedisClusterAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[]... args) {
        return SCRIPT.run(commands, keys, args);
    }

    /** The answer, to be read in order. */
    static ByteBuffer reply(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
