package dev.holdfast.cache;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tags as users write them, checked and escaped. */
final class Tags<V> {
    /** Most tags of one value; who needs more tags by what changes together. */
    static final int MOST = 64;

    /** Longest tag after escaping. */
    static final int LONGEST = 256;

    private final String cache;
    private final @Nullable Function<V, Set<String>> function;

    Tags(String cache, @Nullable Function<V, Set<String>> function) {
        this.cache = cache;
        this.function = function;
    }

    /**
     * The escaped tags of a value: those of the cache's function and those of its loader.
     *
     * @throws IllegalArgumentException if there are too many, or one is null, empty or too long
     */
    String[] of(@Nullable V value, Set<String> loaded) {
        Set<String> own = function == null || value == null ? Set.of() : function.apply(value);
        if (own == null) {
            throw new IllegalArgumentException(
                    "cache '" + cache + "': tags(...) returned null: return an empty set for no tags");
        }
        if (own.isEmpty() && loaded.isEmpty()) {
            return Entry.NO_TAGS;
        }
        Set<String> all = new TreeSet<>();
        own.forEach(tag -> all.add(escape(tag)));
        loaded.forEach(tag -> all.add(escape(tag)));
        if (all.size() > MOST) {
            throw new IllegalArgumentException("cache '" + cache + "': a value has " + all.size() + " tags, more than "
                    + MOST + ": tag it by what changes together");
        }
        return all.toArray(String[]::new);
    }

    /** Escapes the tags of an invalidation. */
    List<String> escapeAll(Collection<String> tags) {
        return tags.stream().distinct().map(this::escape).toList();
    }

    private String escape(@Nullable String tag) {
        if (tag == null || tag.isEmpty()) {
            throw new IllegalArgumentException("cache '" + cache + "': tag " + (tag == null ? "null" : "''")
                    + ": a tag has at least one character");
        }
        String escaped = KeyLayout.escape(tag);
        if (escaped.length() > LONGEST) {
            throw new IllegalArgumentException("cache '" + cache + "': tag '" + tag.substring(0, 32) + "…' of "
                    + escaped.length() + " characters is longer than " + LONGEST + ": hash it");
        }
        return escaped;
    }
}
