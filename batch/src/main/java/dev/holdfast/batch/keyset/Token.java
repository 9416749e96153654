package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A position as text that clients can hand back and cannot make or change: version, way, fingerprint of order, query and
 * arguments, values, and HMAC-SHA-256 over all of it, cut to 16 bytes.
 *
 * @param way what it leads to
 * @param values of the order columns; empty for the ends
 */
record Token(Way way, List<@Nullable String> values) {
    private static final byte VERSION = 1;
    private static final int MAC_BYTES = 16;
    private static final int FINGERPRINT_BYTES = 8;
    private static final int MOST_CHARACTERS = 16_384;

    /** Where a token leads. */
    enum Way {
        /** On after the values. */
        AFTER,
        /** Back before the values. */
        BEFORE,
        /** The first page. */
        START,
        /** The last page. */
        END,
        /** Restart of a reading in chunks. */
        CHUNK
    }

    String encode(byte[] key, byte[] fingerprint) {
        List<byte[]> texts = new ArrayList<>();
        int length = 2 + FINGERPRINT_BYTES;
        for (String value : values) {
            byte[] text = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
            texts.add(text);
            length += Integer.BYTES + text.length;
        }
        ByteBuffer body = ByteBuffer.allocate(length + MAC_BYTES)
                .put(VERSION)
                .put((byte) way.ordinal())
                .put(fingerprint, 0, FINGERPRINT_BYTES);
        for (int i = 0; i < values.size(); i++) {
            body.putInt(values.get(i) == null ? -1 : texts.get(i).length).put(texts.get(i));
        }
        byte[] signed = Arrays.copyOf(body.array(), length);
        body.put(mac(key, signed), 0, MAC_BYTES);
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(body.array());
        if (text.length() > MOST_CHARACTERS) {
            throw new HoldfastException("a position of " + text.length() + " characters is longer than "
                    + MOST_CHARACTERS + ": order by shorter columns");
        }
        return text;
    }

    static Token decode(String text, byte[] key, byte[] fingerprint, int columns, String remedy) {
        if (text.length() > MOST_CHARACTERS) {
            throw new CursorException("a cursor of " + text.length() + " characters is none of ours");
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw tampered(remedy);
        }
        int length = bytes.length - MAC_BYTES;
        if (length < 2 + FINGERPRINT_BYTES
                || !MessageDigest.isEqual(
                        Arrays.copyOf(mac(key, Arrays.copyOf(bytes, length)), MAC_BYTES),
                        Arrays.copyOfRange(bytes, length, bytes.length))
                // The last character may have bits to spare, which would make many texts of one cursor.
                || !Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(bytes)
                        .equals(text)) {
            throw tampered(remedy);
        }
        ByteBuffer body = ByteBuffer.wrap(bytes, 0, length);
        if (body.get() != VERSION) {
            throw new CursorException("the cursor is of another version of this library: begin with the first page");
        }
        Way way = Way.values()[body.get()];
        byte[] made = new byte[FINGERPRINT_BYTES];
        body.get(made);
        if (!Arrays.equals(made, Arrays.copyOf(fingerprint, FINGERPRINT_BYTES))) {
            throw new CursorException("the cursor belongs to another order, query or arguments: begin with the first"
                    + " page when one of them changes");
        }
        List<@Nullable String> values = new ArrayList<>();
        try {
            while (body.hasRemaining()) {
                int size = body.getInt();
                byte[] value = new byte[Math.max(0, size)];
                body.get(value);
                values.add(size < 0 ? null : new String(value, StandardCharsets.UTF_8));
            }
        } catch (BufferUnderflowException e) {
            throw tampered(remedy);
        }
        if (!values.isEmpty() && values.size() != columns) {
            throw tampered(remedy);
        }
        return new Token(way, values);
    }

    private static CursorException tampered(String remedy) {
        return new CursorException(
                "the cursor was changed on its way, or made with another key: begin with the first page; " + remedy);
    }

    private static byte[] mac(byte[] key, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new HoldfastException("this JVM has no HmacSHA256, which every JVM must have", e);
        }
    }
}
