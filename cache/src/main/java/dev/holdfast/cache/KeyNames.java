package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/** Keys as text: encoded, checked for a way back, and escaped. */
final class KeyNames<K> {
    /** Redis takes 512 MB; whoever comes near a thousandth of that has passed a value for a key. */
    static final int LONGEST = 4096;

    private final String cache;
    private final KeyCodec<K> codec;

    /** Whether the codec is ours, and known to lead back. */
    private final boolean trusted;

    KeyNames(String cache, KeyCodec<K> codec) {
        this.cache = cache;
        this.codec = codec;
        this.trusted = codec instanceof NaturalKeyCodec;
    }

    /**
     * The escaped text of a key.
     *
     * @throws CodecException if the key has no text, a text too long, or one that leads back to another key
     */
    String escape(K key) {
        String text;
        boolean leadsBack;
        try {
            text = codec.encode(key);
            leadsBack = trusted || key.equals(codec.decode(text));
        } catch (RuntimeException e) {
            throw new CodecException(
                    "cache '" + cache + "': the key codec failed for a key of "
                            + key.getClass().getName() + ": " + e.getMessage(),
                    e);
        }
        if (!leadsBack) {
            throw new CodecException(
                    "cache '" + cache + "': the key codec turns '" + text
                            + "' back into another key: make decode(encode(key)) equal the key",
                    null);
        }
        String escaped = KeyLayout.escape(text);
        if (escaped.length() > LONGEST) {
            throw new CodecException(
                    "cache '" + cache + "': a key of " + escaped.length() + " characters is longer than " + LONGEST
                            + ": hash it, or cache under a shorter key",
                    null);
        }
        return escaped;
    }

    /** The key behind a text from another node; null if this node cannot have it, since its codec does not know it. */
    @Nullable
    K unescape(String escaped) {
        try {
            return codec.decode(KeyLayout.unescape(escaped));
        } catch (RuntimeException e) {
            return null; // A foreign or newer key type: no entry of this node can carry it.
        }
    }
}
