package dev.holdfast.cache;

import java.util.Arrays;

/**
 * Turns values into bytes for tier 2 and back.
 *
 * <p>Implementations are thread-safe. An exception from {@link #encode} reaches the caller as {@link CodecException} and
 * nothing is cached; bytes that {@link #decode} refuses count as a miss.
 *
 * @param <V> the value type
 */
public interface Codec<V> {
    /**
     * Encodes a value.
     *
     * @param value never null
     * @return its bytes; the cache does not modify them
     * @throws Exception if the value cannot be encoded
     */
    byte[] encode(V value) throws Exception;

    /**
     * Decodes a value.
     *
     * @param bytes as {@link #encode} made them, perhaps in another version of the application
     * @return the value, never null
     * @throws Exception if the bytes cannot be decoded; counts as a miss
     */
    V decode(byte[] bytes) throws Exception;

    /**
     * Decodes a value out of a larger array; by default from a copy of its bytes. A codec that can do without the copy should.
     *
     * @param bytes holds the value; not to be modified or kept
     * @param offset where it begins
     * @param length how many bytes it has
     * @return the value, never null
     * @throws Exception as {@link #decode(byte[])}
     */
    default V decode(byte[] bytes, int offset, int length) throws Exception {
        return decode(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    /**
     * Identifies the format. Values written under another identifier are misses, so change it with the format.
     *
     * @return 0 to 65,535; below 256 is reserved for the codecs of this library
     */
    int id();

    /**
     * Byte arrays as they are. Tier 1 and callers share the same array: nobody may modify it.
     *
     * @return the codec
     */
    static Codec<byte[]> bytes() {
        return BytesCodec.INSTANCE;
    }

    /**
     * Longs in eight bytes.
     *
     * @return the codec
     */
    static Codec<Long> longs() {
        return LongCodec.INSTANCE;
    }

    /**
     * Strings in UTF-8.
     *
     * @return the codec
     */
    static Codec<String> string() {
        return StringCodec.INSTANCE;
    }
}
