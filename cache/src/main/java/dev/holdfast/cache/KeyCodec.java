package dev.holdfast.cache;

/**
 * Turns keys into text for Redis and back.
 *
 * <p>Implementations are thread-safe, and injective: different keys give different texts, and {@code
 * decode(encode(key))} equals the key. The cache checks that for every key it sends to tier 2.
 *
 * @param <K> the key type
 */
public interface KeyCodec<K> {
    /**
     * Encodes a key.
     *
     * @param key never null
     * @return any text, also empty; the cache escapes what Redis or its protocol would misread
     */
    String encode(K key);

    /**
     * Decodes a key, when another node announces that it has changed.
     *
     * @param text as {@link #encode} made it
     * @return the key
     */
    K decode(String text);

    /**
     * The codec used by default: {@link String}, {@link Long}, {@link Integer}, {@link java.util.UUID} and enums, one
     * type per cache.
     *
     * @param <K> the key type
     * @return a codec that takes its type from the first key it sees, and refuses any other
     */
    static <K> KeyCodec<K> natural() {
        return new NaturalKeyCodec<>();
    }
}
