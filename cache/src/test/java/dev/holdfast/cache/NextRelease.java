package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisLink;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The link of a node whose release writes the next version of the envelope, and knows no other: versions 1 and 2 change
 * places on their way.
 */
final class NextRelease extends TamperedLink {
    private static final int VERSION_OFFSET = 2;
    private static final int CHECKSUM = 4;

    NextRelease(RedisLink link) {
        super(link);
    }

    @Override
    Object send(Command command) throws Throwable {
        if (command.fills()) {
            byte[][] values = command.values().clone(); // Sent again as they were, if Redis does not know the script.
            values[1] = otherVersion(values[1]);
            return command.withValues(values).send();
        }
        return command.sendAndChangeValues((name, bytes) -> otherVersion(bytes));
    }

    private static byte[] otherVersion(byte[] bytes) {
        if (bytes.length <= VERSION_OFFSET + CHECKSUM || bytes[0] != 'H' || bytes[1] != 'F') {
            return bytes;
        }
        byte[] other = bytes.clone();
        other[VERSION_OFFSET] = (byte) (3 - bytes[VERSION_OFFSET]);
        CRC32C crc = new CRC32C();
        crc.update(other, 0, other.length - CHECKSUM);
        ByteBuffer.wrap(other).putInt(other.length - CHECKSUM, (int) crc.getValue());
        return other;
    }
}
