package dev.holdfast.core;

import java.util.regex.Pattern;

/**
 * Masks secrets in text that people or machines will read.
 *
 * <p>Stateless and thread-safe. Works on text, so it also catches what drivers put into their own messages; settings
 * that know their secret should still split it off before it is printed at all.
 */
public final class Secrets {
    /** What stands where a secret stood. */
    public static final String MASK = "***";

    /** A password may hold anything, '/' too; but {@code host:6379/} and what follows is a port. */
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)([^/@?#\\s:]*):(?!\\d{1,5}(?:[/?#,\\s]|$))\\S*@");

    /** Also as part of a longer name, such as {@code DB_PASSWORD}, and as JSON writes it. */
    private static final Pattern KEY_VALUE = Pattern.compile("(?i)(password|passwd|pwd|secret|token|api[-_]?key)"
            + "([\"']?\\s*[=:]\\s*)(\"[^\"]*\"|'[^']*'|[^\\s&;,'\"]+)");

    private static final Pattern AUTH_COMMAND = Pattern.compile("(?i)\\b(AUTH)((?:\\s+\\S+){1,2})");

    private Secrets() {}

    /**
     * Masks passwords in URIs ({@code scheme://user:password@host}), in {@code password=…} pairs and in AUTH commands.
     *
     * @param text any text
     * @return the text with each secret replaced by {@link #MASK}
     */
    public static String mask(String text) {
        String masked = USER_INFO.matcher(text).replaceAll("$1:" + MASK + "@");
        masked = KEY_VALUE.matcher(masked).replaceAll("$1$2" + MASK);
        return AUTH_COMMAND.matcher(masked).replaceAll("$1 " + MASK);
    }

    /**
     * Masks a secret that is known, besides everything that {@link #mask(String)} finds.
     *
     * @param text any text
     * @param secret the secret; ignored if shorter than three characters, which would mask half the text
     * @return the text with each secret replaced by {@link #MASK}
     */
    public static String mask(String text, CharSequence secret) {
        String masked = secret.length() < 3 ? text : text.replace(secret, MASK);
        return mask(masked);
    }
}
