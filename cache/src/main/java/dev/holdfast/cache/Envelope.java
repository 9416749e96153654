package dev.holdfast.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a value in tier 2.
 *
 * <p>Layout, big-endian: magic "HF", version, flags, codec id (2), born (8), soft expiry (8), hard expiry (8), load cost
 * (4), length and text of the key (4 + n), number of tags (2) and each with its length (2 + n), payload, CRC32C of all
 * before it (4). The fill script reads {@code born} at its fixed offset. Times are microseconds of Redis's clock.
 *
 * @param flags see the constants
 * @param codecId {@link Codec#id()} of the payload
 * @param born stamp that the loading node had applied before it read the source
 * @param softExpiry when the value should be refreshed
 * @param hardExpiry when the value must not be served any more
 * @param loadCost what loading took, in microseconds, at most {@link Integer#MAX_VALUE}
 * @param key escaped key, so that a value under a foreign name is noticed
 * @param payload the encoded value
 */
@SuppressWarnings("ArrayRecordComponent") // Bytes on their way to Redis; nobody compares envelopes.
record Envelope(
        int flags, int codecId, long born, long softExpiry, long hardExpiry, int loadCost, String key, byte[] payload) {
    /** Offset of {@code born}, which the fill script knows too. */
    static final int BORN_OFFSET = 6;

    private static final byte VERSION = 1;
    private static final int FIXED = 34;
    private static final int TRAILER = 4;

    Envelope born(long stamp) {
        return new Envelope(flags, codecId, stamp, softExpiry, hardExpiry, loadCost, key, payload);
    }

    byte[] toBytes() {
        byte[] keyBytes = key.getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = new byte[FIXED + 4 + keyBytes.length + 2 + payload.length + TRAILER];
        ByteBuffer out = ByteBuffer.wrap(bytes);
        out.put((byte) 'H').put((byte) 'F').put(VERSION).put((byte) flags).putShort((short) codecId);
        out.putLong(born).putLong(softExpiry).putLong(hardExpiry).putInt(loadCost);
        out.putInt(keyBytes.length).put(keyBytes);
        out.putShort((short) 0);
        out.put(payload);
        out.putInt(checksum(bytes, out.position()));
        return bytes;
    }

    /** Reads the envelope of a key; null for whatever is not a whole, undamaged one of this version and this key. */
    static @Nullable Envelope parse(byte[] bytes, String expectedKey) {
        if (bytes.length < FIXED + 4 + 2 + TRAILER || bytes[0] != 'H' || bytes[1] != 'F' || bytes[2] != VERSION) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int end = bytes.length - TRAILER;
        if (in.getInt(end) != checksum(bytes, end)) {
            return null;
        }
        // The checksum holds, so the lengths inside are those that were written.
        int at = FIXED + 4;
        if (!isText(bytes, at, in.getInt(FIXED), expectedKey)) {
            return null;
        }
        at += expectedKey.length();
        int tags = in.getShort(at) & 0xFFFF;
        at += 2;
        for (int i = 0; i < tags; i++) {
            at += 2 + (in.getShort(at) & 0xFFFF);
        }
        return new Envelope(
                bytes[3] & 0xFF,
                in.getShort(4) & 0xFFFF,
                in.getLong(BORN_OFFSET),
                in.getLong(14),
                in.getLong(22),
                in.getInt(30),
                expectedKey,
                Arrays.copyOfRange(bytes, at, end));
    }

    private static boolean isText(byte[] bytes, int at, int length, String expected) {
        if (length != expected.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[at + i] != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
