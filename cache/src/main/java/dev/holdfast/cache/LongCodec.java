package dev.holdfast.cache;

import java.nio.ByteBuffer;

/** Longs, big-endian. */
final class LongCodec implements Codec<Long> {
    static final LongCodec INSTANCE = new LongCodec();

    private LongCodec() {}

    @Override
    public byte[] encode(Long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    @Override
    public Long decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    @Override
    public Long decode(byte[] bytes, int offset, int length) {
        if (length != Long.BYTES) {
            throw new IllegalArgumentException("a long has 8 bytes, not " + length);
        }
        return ByteBuffer.wrap(bytes).getLong(offset);
    }

    @Override
    public int id() {
        return 4;
    }
}
