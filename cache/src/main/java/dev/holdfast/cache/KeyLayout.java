package dev.holdfast.cache;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Names of the Redis keys of one cache, and the escaping that makes any key text safe in them.
 *
 * <p>Escaping is injective: percent, braces, control characters, space and everything beyond ASCII become {@code %XX} of
 * their UTF-8 bytes, lone surrogates {@code %uXXXX}; the empty text becomes a lone {@code %}, which no other text gives. An
 * escaped key holds no space, so it is also a member of a message without further quoting, and it is never empty between
 * braces, where Redis Cluster would hash the whole name and put value and lease into different slots.
 */
final class KeyLayout {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final byte[] control;
    private final byte[] channel;
    private final String valuePrefix;
    private final String leasePrefix;

    KeyLayout(String prefix, String cache) {
        control = ascii("{" + prefix + ":" + cache + "}:ctl");
        channel = ascii("{" + prefix + ":" + cache + "}:msg");
        valuePrefix = prefix + ":" + cache + ":v1:{";
        leasePrefix = prefix + ":" + cache + ":l:{";
    }

    /** The ZSET that holds epoch, floor, stamp and the barrier log. */
    byte[] control() {
        return control;
    }

    /** The channel on which barriers are announced. */
    byte[] channel() {
        return channel;
    }

    /** The value of an escaped key. */
    byte[] value(String escaped) {
        return ascii(valuePrefix, escaped);
    }

    /** The lease of an escaped key, in the slot of its value. */
    byte[] lease(String escaped) {
        return ascii(leasePrefix, escaped);
    }

    /** What the names of all values match. */
    String valuePattern() {
        return valuePrefix + "*";
    }

    /** The escaped key in the name of a value. */
    String keyOf(String valueName) {
        return valueName.substring(valuePrefix.length(), valueName.length() - 1);
    }

    static String escape(String text) {
        if (text.isEmpty()) {
            return "%";
        }
        for (int i = 0; i < text.length(); i++) {
            if (!plain(text.charAt(i))) {
                return escapeFrom(text, i);
            }
        }
        return text;
    }

    private static String escapeFrom(String text, int start) {
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

    static String unescape(String escaped) {
        if (escaped.equals("%")) {
            return "";
        }
        if (escaped.indexOf('%') < 0) {
            return escaped;
        }
        StringBuilder out = new StringBuilder(escaped.length());
        byte[] utf8 = new byte[escaped.length() / 3 + 1];
        for (int i = 0; i < escaped.length(); ) {
            if (escaped.charAt(i) != '%') {
                out.append(escaped.charAt(i++));
            } else if (escaped.charAt(i + 1) == 'u') {
                out.append((char) HexFormat.fromHexDigits(escaped, i + 2, i + 6));
                i += 6;
            } else {
                int n = 0;
                for (; i < escaped.length() && escaped.charAt(i) == '%' && escaped.charAt(i + 1) != 'u'; i += 3) {
                    utf8[n++] = (byte) HexFormat.fromHexDigits(escaped, i + 1, i + 3);
                }
                out.append(new String(utf8, 0, n, StandardCharsets.UTF_8));
            }
        }
        return out.toString();
    }

    private static boolean plain(char c) {
        return c > ' ' && c < 127 && c != '%' && c != '{' && c != '}';
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @SuppressWarnings("deprecation") // getBytes(int, int, byte[], int) copies Latin-1 text without an encoder.
    private static byte[] ascii(String prefix, String escaped) {
        int p = prefix.length();
        int e = escaped.length();
        byte[] bytes = new byte[p + e + 1];
        prefix.getBytes(0, p, bytes, 0);
        escaped.getBytes(0, e, bytes, p);
        bytes[p + e] = '}';
        return bytes;
    }
}
