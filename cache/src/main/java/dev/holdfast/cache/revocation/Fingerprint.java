package dev.holdfast.cache.revocation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * 128 bits of SHA-256 in place of an identifier: small whatever the identifier's length, and no session is stolen from a
 * look into Redis.
 *
 * @param subject whether it stands for a subject or for a token
 * @param high its first 8 bytes
 * @param low its second 8 bytes
 */
record Fingerprint(boolean subject, long high, long low) {
    /** A constant, since nodes that count differently would not see each other's revocations. */
    static final int BUCKETS = 4_096;

    static final int BYTES = 16;

    private static final String[] TOKEN_BUCKETS = names("t:");
    private static final String[] SUBJECT_BUCKETS = names("s:");
    private static final List<String> ALL_BUCKETS =
            Stream.of(TOKEN_BUCKETS, SUBJECT_BUCKETS).flatMap(Arrays::stream).toList();

    /** All buckets there are. */
    static List<String> buckets() {
        return ALL_BUCKETS;
    }

    static Fingerprint token(String id) {
        return of(false, id);
    }

    static Fingerprint subject(String id) {
        return of(true, id);
    }

    private static Fingerprint of(boolean subject, String id) {
        if (id.isEmpty()) {
            throw new IllegalArgumentException((subject ? "subject" : "token id")
                    + " is empty: pass what identifies it, such as the claim " + (subject ? "'sub'" : "'jti'"));
        }
        ByteBuffer digest = ByteBuffer.wrap(sha256(id));
        return new Fingerprint(subject, digest.getLong(), digest.getLong());
    }

    private static byte[] sha256(String id) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM lacks SHA-256, which every Java platform must have", e);
        }
    }

    /** The bucket it belongs to: the key of the cache, and part of the Redis key. */
    String bucket() {
        return (subject ? SUBJECT_BUCKETS : TOKEN_BUCKETS)[(int) (high >>> 52)];
    }

    byte[] bytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    private static String[] names(String prefix) {
        String[] names = new String[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            names[i] = prefix + i;
        }
        return names;
    }
}
