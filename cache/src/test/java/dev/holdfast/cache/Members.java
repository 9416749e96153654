package dev.holdfast.cache;

import java.util.Arrays;
import java.util.List;

/** Barriers' names, shortly. */
final class Members {
    private Members() {}

    static Member key(String escaped) {
        return new Member(Kind.KEY, escaped);
    }

    static List<Member> keys(String... escaped) {
        return Arrays.stream(escaped).map(Members::key).toList();
    }

    static List<Member> keys(List<String> escaped) {
        return escaped.stream().map(Members::key).toList();
    }

    static Member tag(String escaped) {
        return new Member(Kind.TAG, escaped);
    }
}
