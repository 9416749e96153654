package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/**
 * A barrier's name.
 *
 * @param kind what it is about
 * @param text escaped key, tag or prefix
 */
record Member(Kind kind, String text) {
    private static final Kind[] KINDS = Kind.values();

    /** As the log and messages write it. */
    String name() {
        return kind.member(text);
    }

    /** The barrier behind a name; null for bookkeeping, and for a kind that only a newer version knows. */
    static @Nullable Member parse(String name) {
        if (name.length() < 3 || name.charAt(1) != ':') {
            return null;
        }
        for (Kind kind : KINDS) {
            if (name.startsWith(kind.member(""))) {
                return new Member(kind, name.substring(2));
            }
        }
        return null;
    }
}
