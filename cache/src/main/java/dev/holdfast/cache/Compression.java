package dev.holdfast.cache;

/**
 * Makes encoded values smaller on their way to tier 2.
 *
 * <p>Implementations are thread-safe. A node reads what it is configured to write, what {@link #deflate()} wrote, and what is
 * not compressed; everything else is a miss, so switch all nodes soon after one another.
 */
public interface Compression {
    /**
     * Compresses.
     *
     * @param bytes a whole encoded value; not to be modified
     * @return the compressed bytes
     * @throws Exception if it cannot be compressed; reaches the caller as {@link CodecException}
     */
    byte[] compress(byte[] bytes) throws Exception;

    /**
     * Decompresses.
     *
     * @param bytes holds what {@link #compress} returned, in this or another process
     * @param offset where it begins
     * @param length how many bytes it has
     * @param size how many bytes it was; within the cache's {@code maximumValueSize}
     * @return exactly {@code size} bytes
     * @throws Exception if that is not what it holds; counts as a miss
     */
    byte[] decompress(byte[] bytes, int offset, int length, int size) throws Exception;

    /**
     * Identifies the format.
     *
     * @return 1 to 7; 1 is {@link #deflate()}, 2 Zstandard
     */
    int id();

    /**
     * Deflate (RFC 1951) at its fastest level, from the JDK.
     *
     * @return the compression
     */
    static Compression deflate() {
        return DeflateCompression.INSTANCE;
    }
}
