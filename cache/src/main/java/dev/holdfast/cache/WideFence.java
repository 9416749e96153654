package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Enforces barriers of any kind on this node alone, for as long as Redis has given them no stamp: what they name is looked for
 * in tier 1 and dropped, and loads under way are detached, since nothing else would stop them from storing.
 *
 * <p>Thread-safe; takes no lock of ours. A load is detached before tier 1 is searched, so it finds that out inside the
 * exclusion of its store, or it stored before the search.
 */
final class WideFence<K, V> {
    private final Tier1<K, V> tier1;
    private final Flights<K, V> flights;
    private final KeyNames<K> names;

    WideFence(Tier1<K, V> tier1, Flights<K, V> flights, KeyNames<K> names) {
        this.tier1 = tier1;
        this.flights = flights;
        this.names = names;
    }

    void raise(List<Member> members) {
        Set<String> tags = new HashSet<>();
        Set<String> softTags = new HashSet<>();
        List<String> prefixes = new ArrayList<>();
        for (Member member : members) {
            switch (member.kind()) {
                case TAG -> tags.add(member.text());
                case SOFT_TAG -> softTags.add(member.text());
                case PREFIX -> prefixes.add(member.text());
                case SOFT_KEY -> {
                    K key = names.unescape(member.text());
                    if (key != null) {
                        flights.detach(key);
                        tier1.expire(key);
                    }
                }
                case KEY -> {} // Fenced before it was tried.
            }
        }
        if (!tags.isEmpty() || !prefixes.isEmpty()) {
            List<K> underWay = flights.detachAll();
            tier1.dropIf((key, entry) -> carries(entry, tags) || begins(key, prefixes));
            underWay.forEach(tier1::drop); // A pass over tier 1 does not wait for a store under way; this does.
        }
        if (!softTags.isEmpty()) {
            List<K> underWay = flights.detachAll();
            tier1.expireIf((key, entry) -> carries(entry, softTags));
            underWay.forEach(tier1::expire);
        }
    }

    private static boolean carries(Entry<?> entry, Set<String> tags) {
        for (String tag : entry.tags()) {
            if (tags.contains(tag)) {
                return true;
            }
        }
        return false;
    }

    private boolean begins(K key, List<String> prefixes) {
        if (prefixes.isEmpty()) {
            return false;
        }
        String escaped = names.escape(key);
        return prefixes.stream().anyMatch(escaped::startsWith);
    }
}
