package dev.holdfast.ratelimit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who is limited: a user when known, otherwise a client address, or anything else with a name.
 *
 * <p>Immutable and thread-safe. Users and addresses never meet in one counter, whatever their text. A name longer than 128
 * bytes in Redis (escaped UTF-8) is replaced by its SHA-256, so that keys stay small; longer than 8,192 characters it is
 * refused.
 */
public final class Subject {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final int LONGEST = 8_192;
    private static final int LONGEST_RAW = 128;

    private final String text;
    private final @Nullable String tenant;
    private final int hash;
    private byte @Nullable [] encoded; // made when first needed; a race makes it twice

    private Subject(String text, @Nullable String tenant) {
        this.text = text;
        this.tenant = tenant;
        this.hash = text.hashCode() * 31 + (tenant == null ? 0 : tenant.hashCode());
    }

    /**
     * The user, or the client address while there is no user.
     *
     * @param user the user's identifier, or null or empty if unknown
     * @param address the client's address, or null or empty if unknown
     * @return the subject
     * @throws IllegalArgumentException if neither is known
     */
    public static Subject of(@Nullable String user, @Nullable String address) {
        if (user != null && !user.isEmpty()) {
            return user(user);
        }
        if (address != null && !address.isEmpty()) {
            return address(address);
        }
        throw new IllegalArgumentException("neither user nor address is known: limit such requests by one common "
                + "subject, such as Subject.named(\"anonymous\")");
    }

    /**
     * A user.
     *
     * @param id not empty
     * @return the subject
     * @throws IllegalArgumentException if it is empty or longer than 8,192 characters
     */
    public static Subject user(String id) {
        return new Subject("u:" + checked("user", id), null);
    }

    /**
     * A client address, as text. Addresses of one IPv6 customer differ in their last 64 bits: cut them off before.
     *
     * @param address not empty
     * @return the subject
     * @throws IllegalArgumentException if it is empty or longer than 8,192 characters
     */
    public static Subject address(String address) {
        return new Subject("a:" + checked("address", address), null);
    }

    /**
     * Anything else that is limited: an API key, a tenant, "everybody".
     *
     * @param name not empty
     * @return the subject
     * @throws IllegalArgumentException if it is empty or longer than 8,192 characters
     */
    public static Subject named(String name) {
        return new Subject("n:" + checked("name", name), null);
    }

    /**
     * Places the subject within a tenant. All subjects of a tenant, and {@link #tenant(String) the tenant itself}, live in one
     * slot of a Redis Cluster, so that several of them are checked as one, see {@link RateLimiter#tryAcquireAll}.
     *
     * @param tenant not empty
     * @return the subject within that tenant, which is not the same as without
     * @throws IllegalArgumentException if it is empty or longer than 8,192 characters
     */
    public Subject within(String tenant) {
        return new Subject(text, checked("tenant", tenant));
    }

    /**
     * A tenant as a whole.
     *
     * @param tenant not empty
     * @return the subject
     * @throws IllegalArgumentException if it is empty or longer than 8,192 characters
     */
    public static Subject tenant(String tenant) {
        return new Subject("t:", checked("tenant", tenant));
    }

    private static String checked(String what, String text) {
        Objects.requireNonNull(text, what);
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the subject's " + what + " is empty: give it a name");
        }
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("the subject's " + what + " has " + text.length()
                    + " characters, more than " + LONGEST + ": it is hardly a name");
        }
        return text;
    }

    /** The end of its keys: the hash tag in braces, then what is in the tag's slot. Not to be changed. */
    byte[] encoded() {
        byte[] bytes = encoded;
        if (bytes == null) {
            bytes = (tenant == null ? "{" + name(text) + "}" : "{" + name("t:" + tenant) + "}" + name(text))
                    .getBytes(StandardCharsets.ISO_8859_1);
            encoded = bytes;
        }
        return bytes;
    }

    /** What decides the slot in a Redis Cluster. */
    String hashTag() {
        return tenant == null ? text : "t:" + tenant;
    }

    private static String name(String text) {
        String escaped = escape(text);
        return escaped.length() <= LONGEST_RAW ? escaped : "h:" + sha256(escaped);
    }

    /** Injective: percent, braces, space and all beyond ASCII as %XX of their UTF-8 bytes, lone surrogates as %uXXXX. */
    private static String escape(String text) {
        int start = 0;
        while (start < text.length() && plain(text.charAt(start))) {
            start++;
        }
        if (start == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, start);
        for (int i = start; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            if (codePoint < 128 && plain((char) codePoint)) {
                out.append((char) codePoint);
            } else if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                out.append("%u").append(HEX.toHexDigits((short) codePoint));
            } else {
                for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
                    out.append('%').append(HEX.toHexDigits(b));
                }
            }
        }
        return out.toString();
    }

    private static boolean plain(char c) {
        return c > ' ' && c < 127 && c != '%' && c != '{' && c != '}';
    }

    /** The beginning of a hash of the name, for those who may not see it. */
    String hashed() {
        return sha256(toString()).substring(0, 16);
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o == this
                || (o instanceof Subject other
                        && hash == other.hash
                        && text.equals(other.text)
                        && Objects.equals(tenant, other.tenant));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The name, for logs of those who may see it. */
    @Override
    public String toString() {
        return tenant == null ? text : "t:" + tenant + "/" + text;
    }
}
