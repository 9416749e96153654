package dev.holdfast.cache.call;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A short, stable key for a structured request, such as a list query or a completion of a language model.
 *
 * <pre>{@code
 * String key = KeyHash.of("search").with("q", text).with("page", 3).with("filters", filters).text();
 * }</pre>
 *
 * <p>Equal requests give equal keys on every node, every JVM and every version of this library; requests that differ give
 * different keys, up to a collision of 192 bits of SHA-256. In doubt two values differ: a hit missed costs a call, a wrong
 * hit is a wrong answer. In particular:
 *
 * <ul>
 *   <li>parameters are named and their order does not matter; a parameter that is null is not one that is absent;
 *   <li>integers count by value, whatever their type ({@code 1}, {@code 1L}, {@link java.math.BigInteger}); so do {@code
 *       float} and {@code double}, where all NaN are one and {@code -0.0} is not {@code 0.0}; so does {@link
 *       java.math.BigDecimal}, where 1.50 is 1.5. The three kinds never equal each other, nor a text: {@code 1}, {@code
 *       1.0}, {@code new BigDecimal("1")}, {@code "1"} and {@code '1'} are five values;
 *   <li>text is compared as it is: no case, no white space, no Unicode form is normalised;
 *   <li>lists and arrays are sequences, {@code byte[]} apart; the order of sets and maps does not matter;
 *   <li>enums, records and the other types carry their type, enums and records by class name: to rename the class changes
 *       the key.
 * </ul>
 *
 * <p>Also taken: {@link Boolean}, {@link java.util.UUID}, {@link java.util.Optional}, {@link java.util.Locale}, {@link
 * java.util.Currency}, {@link java.net.URI}, {@link java.time.ZoneId} and the value types of {@code java.time}, nested up to
 * 64 deep. Anything else is refused by name, since its {@code toString} or {@code hashCode} promises nothing.
 *
 * <p>The text begins with the kind and a colon, so {@code invalidatePrefix("search:")} reaches all requests of a kind.
 * Values are read when they are given, so changing them afterwards changes nothing. Immutable and thread-safe: a common
 * beginning may be shared.
 */
public final class KeyHash {
    private static final Pattern KIND = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

    /** 192 bits, which are 32 characters of base64 without padding. */
    private static final int BYTES = 24;

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final String kind;
    private final @Nullable KeyHash before;
    private final String name;
    private final byte[] value;

    /** Computed on demand; threads that race compute the same. */
    private volatile @Nullable String text;

    private KeyHash(String kind, @Nullable KeyHash before, String name, byte[] value) {
        this.kind = kind;
        this.before = before;
        this.name = name;
        this.value = value;
    }

    /**
     * A request without parameters.
     *
     * @param kind what is asked for, such as {@code search}: 1 to 100 letters, digits, dots, colons, dashes or underscores.
     *     Change it, say to {@code search.v2}, when answers to the same parameters become different ones
     * @return the request
     * @throws IllegalArgumentException if the kind has other characters
     */
    public static KeyHash of(String kind) {
        if (!KIND.matcher(kind).matches()) {
            throw new IllegalArgumentException("kind '" + kind
                    + "' is part of a key: use 1 to 100 letters, digits, dots, colons, dashes or underscores");
        }
        return new KeyHash(kind, null, "", new byte[0]);
    }

    /**
     * The request with one more parameter.
     *
     * @param name its name
     * @param value its value, of a type listed above, or null
     * @return a copy
     * @throws IllegalArgumentException if the parameter is there already, or its value or something in it has no stable
     *     encoding; the message names the place and the type
     */
    public KeyHash with(String name, @Nullable Object value) {
        Objects.requireNonNull(name, "name");
        for (KeyHash earlier = this; earlier != null && earlier.before != null; earlier = earlier.before) {
            if (earlier.name.equals(name)) {
                throw new IllegalArgumentException("parameter '" + name + "' is set twice: give each its own name");
            }
        }
        return new KeyHash(kind, this, name, CanonicalBytes.of(name, value));
    }

    /**
     * The key.
     *
     * @return the kind, a colon and 32 letters, digits, dashes or underscores
     */
    public String text() {
        String known = text;
        if (known == null) {
            known = kind + ':' + BASE64.encodeToString(digest());
            text = known;
        }
        return known;
    }

    private byte[] digest() {
        Map<String, byte[]> parameters = new TreeMap<>();
        for (KeyHash at = this; at != null && at.before != null; at = at.before) {
            parameters.put(at.name, at.value);
        }
        CanonicalBytes head = new CanonicalBytes(kind);
        head.text(kind);
        parameters.forEach((parameter, bytes) -> {
            head.text(parameter);
            head.append(bytes);
        });
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(head.toByteArray()), BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM lacks SHA-256, which every Java platform must have", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyHash that && text().equals(that.text());
    }

    @Override
    public int hashCode() {
        return text().hashCode();
    }

    /**
     * The key.
     *
     * @return as {@link #text()}
     */
    @Override
    public String toString() {
        return text();
    }
}
