package dev.holdfast.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
 * @param softExpiry when the value turns stale
 * @param hardExpiry when the value must not be served any more
 * @param loadCost what loading took, in microseconds, at most {@link Integer#MAX_VALUE}
 * @param key escaped key, so that a value under a foreign name is noticed
 * @param tags escaped tags
 * @param bytes holds the encoded value
 * @param offset where it begins
 * @param length how long it is
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; made and read in one place each.
record Envelope(
        int flags,
        int codecId,
        long born,
        long softExpiry,
        long hardExpiry,
        int loadCost,
        String key,
        String[] tags,
        byte[] bytes,
        int offset,
        int length) {
    /** The source has no value; the payload is empty. */
    static final int ABSENT = 1;

    /** Where the number of the compression lies in the flags; 0 is none. */
    static final int COMPRESSION_SHIFT = 1;

    /** Bits of the compression's number. */
    static final int COMPRESSION_MASK = 7;

    /** Offset of {@code born}, which the fill script knows too. */
    static final int BORN_OFFSET = 6;

    private static final byte VERSION = 1;
    private static final int KNOWN_FLAGS = ABSENT | COMPRESSION_MASK << COMPRESSION_SHIFT;
    private static final int FIXED = 34;
    private static final int TRAILER = 4;

    Envelope born(long stamp) {
        return new Envelope(flags, codecId, stamp, softExpiry, hardExpiry, loadCost, key, tags, bytes, offset, length);
    }

    boolean absent() {
        return (flags & ABSENT) != 0;
    }

    int compression() {
        return flags >> COMPRESSION_SHIFT & COMPRESSION_MASK;
    }

    @SuppressWarnings("deprecation") // getBytes(int, int, byte[], int) copies Latin-1 text without an encoder.
    byte[] toBytes() {
        int size = FIXED + 4 + key.length() + 2 + length + TRAILER;
        for (String tag : tags) {
            size += 2 + tag.length();
        }
        byte[] all = new byte[size];
        ByteBuffer out = ByteBuffer.wrap(all);
        out.put((byte) 'H').put((byte) 'F').put(VERSION).put((byte) flags).putShort((short) codecId);
        out.putLong(born).putLong(softExpiry).putLong(hardExpiry).putInt(loadCost);
        out.putInt(key.length());
        key.getBytes(0, key.length(), all, out.position());
        out.position(out.position() + key.length());
        out.putShort((short) tags.length);
        for (String tag : tags) {
            out.putShort((short) tag.length());
            tag.getBytes(0, tag.length(), all, out.position());
            out.position(out.position() + tag.length());
        }
        out.put(bytes, offset, length);
        out.putInt(checksum(all, out.position()));
        return all;
    }

    /**
     * Reads the envelope of a key; null for whatever is not a whole, undamaged one of this version and this key. The payload
     * stays in the bytes.
     */
    static @Nullable Envelope parse(byte[] bytes, String expectedKey) {
        if (bytes.length < FIXED + 4 + 2 + TRAILER
                || bytes[0] != 'H'
                || bytes[1] != 'F'
                || bytes[2] != VERSION
                || (bytes[3] & ~KNOWN_FLAGS) != 0) {
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
        int count = in.getShort(at) & 0xFFFF;
        at += 2;
        String[] tags = count == 0 ? Entry.NO_TAGS : new String[count];
        for (int i = 0; i < count; i++) {
            int length = in.getShort(at) & 0xFFFF;
            tags[i] = new String(bytes, at + 2, length, StandardCharsets.ISO_8859_1);
            at += 2 + length;
        }
        return new Envelope(
                bytes[3] & 0xFF,
                in.getShort(4) & 0xFFFF,
                in.getLong(BORN_OFFSET),
                in.getLong(14),
                in.getLong(22),
                in.getInt(30),
                expectedKey,
                tags,
                bytes,
                at,
                end - at);
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
